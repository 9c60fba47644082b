package doctor

import "context"

// home looks whether the store is where it lives: nothing is sent from a copy.
func home(ctx context.Context, s *Subject) []Finding {
	st, found := s.standing(ctx)
	switch {
	case st == nil:
		return found
	case st.Home != nil:
		return one(bad(st.Home.Do, "%s", st.Home.Found))
	case !st.Ran:
		return one(fine("the store never ran; its first run gives it a home"))
	}
	return one(fine("the store is where it lives"))
}

// mark looks whether the store has come as far as is known outside of it.
func mark(ctx context.Context, s *Subject) []Finding {
	st, _ := s.standing(ctx) // if that fails, home tells of it
	switch {
	case st == nil:
		return nil
	case st.Mark != nil:
		return one(bad(st.Mark.Do, "%s", st.Mark.Found))
	case st.Forgets != nil:
		const do = "let the folder be read and written, or name another with `state:` or --state; a file that is spoiled may be removed"
		f := look(do, "nothing remembers how far the store has come, so an older backup of it can't be told from it: %v", st.Forgets)
		if st.Needed {
			f.Level = Problem
			f.Found += "; nothing is sent until something does"
		}
		return one(f)
	}
	if st.NoFile {
		return one(look("if --state or state: names the right folder, nothing needs to be done: the next run begins to remember",
			"nothing on this machine remembers how far the store has come, so an older backup of it can't be told from it this time"))
	}
	return one(fine("nothing has seen the store come further than this"))
}

// standing is nil for a store that nobody would send from.
func (s *Subject) standing(ctx context.Context) (*Standing, []Finding) {
	if !s.usable || s.demo || s.Standing == nil {
		return nil, nil
	}
	st, err := s.Standing(ctx)
	if err != nil {
		return nil, one(bad("nothing can be sent until that is mended", "nobody can tell whether this store is a copy: %v", err))
	}
	return &st, nil
}
