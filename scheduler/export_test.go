package scheduler

// Asked waits until no domain is being asked about.
func (s *Scheduler) Asked() { s.hosts.asking.Wait() }
