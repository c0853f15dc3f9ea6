package report

// unmoved tells what an environment's checks showed with users running where they
// were not seen to go amber or red with the load, and whether that is all there is
// to know: trouble that had begun while no user ran hides what the load adds to it.
func (b *builder) unmoved(env string) (text string, whole bool) {
	time := map[string]int64{}
	for _, s := range b.m.Health {
		if s.Env == env {
			time[s.State] += s.loadedMS
		}
	}
	var trouble []string
	for _, state := range []string{amber, red} {
		if time[state] > 0 {
			trouble = append(trouble, state+" for "+lasting(secs(time[state])))
		}
	}
	text = env + "'s checks were neither amber nor red while users ran"
	switch {
	case !b.m.watched(env):
		return env + " was not watched", false
	case b.loaded == 0:
		return "no user ran", true
	case len(trouble) > 0:
		return env + "'s checks were " + list(trouble) + " with users running, in trouble that had begun while no user ran", false
	case time[green] == 0:
		return env + "'s checks were not seen to answer while users ran", false
	case time[noSight] > 0:
		return text + ", and out of sight for " + lasting(secs(time[noSight])), true
	}
	return text, true
}

// unseen are the words for what was not seen, or can't be known.
func unseen(text string, whole bool) string {
	if whole {
		return "not seen: " + text
	}
	return "not known: " + text
}
