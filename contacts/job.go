package contacts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/andante-hq/andante/ops"
)

// A job reads one sheet and hands its rows on in batches.
type job[T any] struct {
	sheet  *sheet
	o      Options
	report *Report
	out    *rejects

	read func(row) (T, *flaw)
	take func(context.Context, []T) (ops.Taken, error)

	batch []T
	rows  []row // of the batch
	bytes int
}

func newJob[T any](s *sheet, out io.Writer, o Options) *job[T] {
	return &job[T]{
		sheet: s, o: o, out: &rejects{w: out, head: s.all, comma: s.records.comma},
		report: &Report{Columns: s.columns(), Unmapped: s.unmapped, Reasons: map[string]int{}, Entered: map[string]int{}, DryRun: o.DryRun},
	}
}

// run reads to the end. The report says how far it came, whatever the error.
func (j *job[T]) run(ctx context.Context) (*Report, error) {
	err := j.all(ctx)
	if e := j.out.flush(); e != nil {
		err = errors.Join(err, fmt.Errorf("write the rejected rows: %w", e))
	}
	return j.report, err
}

func (j *job[T]) all(ctx context.Context) error {
	for {
		r, err := j.sheet.row()
		if err != nil {
			// What was read before the fault is good and is taken.
			flushed := j.flush(ctx)
			if errors.Is(err, io.EOF) {
				return flushed
			}
			return errors.Join(err, flushed)
		}
		j.report.Rows++
		v, bad := j.read(r)
		if bad != nil {
			if err := j.reject(r, bad); err != nil {
				return err
			}
		} else {
			j.batch, j.rows = append(j.batch, v), append(j.rows, r)
		}
		if j.bytes += r.size(); len(j.batch) >= batchRows || j.bytes >= batchBytes || j.report.Rows%batchRows == 0 {
			if err := j.flush(ctx); err != nil {
				return err
			}
		}
	}
}

// someExamples is how many rejected rows are told of one by one.
const someExamples = 5

func (j *job[T]) reject(r row, f *flaw) error {
	j.report.Rejected++
	j.report.Reasons[f.rule]++
	why := fmt.Sprintf("line %d: %s", r.line, f.text())
	if len(j.report.Examples) < someExamples {
		j.report.Examples = append(j.report.Examples, why)
	}
	if err := j.out.add(r.cells, why); err != nil {
		return fmt.Errorf("write the rejected rows: %w", err)
	}
	return nil
}

// flush hands the batch on.
func (j *job[T]) flush(ctx context.Context) error {
	batch, rows := j.batch, j.rows
	j.batch, j.rows, j.bytes = j.batch[:0], j.rows[:0], 0
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(batch) > 0 {
		t, err := j.take(ctx, batch)
		j.report.Added += t.Added
		j.report.Changed += t.Changed
		j.report.Same += t.Same
		for sequence, n := range t.Entered {
			j.report.Entered[sequence] += n
		}
		if e := j.refused(rows, t.Refused); e != nil {
			return errors.Join(err, e)
		}
		if err != nil {
			return fmt.Errorf("take in lines %d to %d: %w", rows[0].line, rows[len(rows)-1].line, err)
		}
	}
	if j.o.Progress != nil {
		j.o.Progress(j.report.Rows, j.sheet.read.n)
	}
	return nil
}

// refused writes down the rows that were good by themselves and still not taken.
func (j *job[T]) refused(rows []row, list []ops.Refusal) error {
	byLine := map[int]string{}
	for _, r := range list {
		byLine[r.Line] = r.Reason
	}
	for _, r := range rows {
		reason, ok := byLine[r.line]
		if !ok {
			continue
		}
		rule, detail, _ := strings.Cut(reason, ": ")
		if err := j.reject(r, &flaw{rule, detail}); err != nil {
			return err
		}
	}
	return nil
}
