package worker

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/andante-hq/andante"
)

// A Journal writes the log line and counts the metric of each outcome, with the
// same words for both. Safe for concurrent use.
type Journal struct {
	log     *slog.Logger
	touches *prometheus.CounterVec
	seconds *prometheus.HistogramVec
	errors  *prometheus.CounterVec
	passes  *prometheus.CounterVec
}

// NewJournal registers the metrics.
func NewJournal(log *slog.Logger, reg prometheus.Registerer) *Journal {
	j := &Journal{
		log: log,
		touches: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "andante_touches_total", Help: "Touches by the state that they reached, kind and reason.",
		}, []string{"state", "kind", "reason"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "andante_send_seconds", Help: "Time from the first byte of a message to the answer of the other side.",
			Buckets: []float64{.001, .003, .01, .03, .1, .3, 1, 3, 10, 30, 100},
		}, []string{"kind"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "andante_sender_errors_total", Help: "Refusals and lost answers by sender and outcome.",
		}, []string{"sender", "outcome"}),
		passes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "andante_pass_seconds_total", Help: "Time spent in each pass, of all workers together. A permit records the flight before it; deliver leaves out the permits.",
		}, []string{"pass"}),
	}
	reg.MustRegister(j.touches, j.seconds, j.errors, j.passes)
	return j
}

// Pass notes that a pass took a while.
func (j *Journal) Pass(name string, took time.Duration) {
	j.passes.WithLabelValues(name).Add(max(took, 0).Seconds())
}

// deferred stands in the metric for a touch that is planned again.
const deferred = "deferred"

// Fate notes that a touch was put off, skipped or failed before it was sent.
func (j *Journal) Fate(t andante.Touch, state andante.State, reason andante.Reason) {
	label := string(state)
	if state == andante.Planned {
		label = deferred
	}
	if t.Kind == andante.Decide { // it touches nobody
		j.line(slog.LevelDebug, label, t, "reason", string(reason))
		return
	}
	j.touches.WithLabelValues(label, string(t.Kind), string(reason)).Inc()
	j.line(slog.LevelDebug, label, t, "reason", string(reason))
}

// Settled notes a touch that ended without a worker.
func (j *Journal) Settled(t andante.Touch) { j.Fate(t, t.State, t.Reason) }

// Outcome notes what became of an attempt.
func (j *Journal) Outcome(t andante.Touch, o andante.Outcome, code int, took time.Duration) {
	level := slog.LevelInfo
	switch o {
	case andante.OutcomeSent:
		level = slog.LevelDebug
	case andante.OutcomeUntried:
		level = slog.LevelDebug
	default:
		j.errors.WithLabelValues(t.Sender, string(o)).Inc()
	}
	state := string(t.State)
	if t.State == andante.Planned {
		state = deferred
	}
	j.touches.WithLabelValues(state, string(t.Kind), string(t.Reason)).Inc()
	if o != andante.OutcomeUntried {
		j.seconds.WithLabelValues(string(t.Kind)).Observe(took.Seconds())
	}
	j.line(level, string(o), t, "reason", string(t.Reason), "code", code, "dur", took)
}

func (j *Journal) line(level slog.Level, what string, t andante.Touch, more ...any) {
	args := append([]any{
		"touch", string(t.ID), "enrollment", string(t.Enrollment), "contact", string(t.Contact), "account", string(t.Account),
		"sequence", t.Sequence, "step", t.Step, "kind", string(t.Kind), "attempt", t.Attempts,
	}, more...)
	j.log.Log(context.Background(), level, what, args...)
}
