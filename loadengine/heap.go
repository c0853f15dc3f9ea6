package loadengine

// heap holds the waiting users, the one that is due first on top. It is written
// out because container/heap would cost an interface call for every step.
type heap []*user

func (h *heap) push(u *user) {
	*h = append(*h, u)
	u.heapAt = int32(len(*h) - 1)
	h.up(len(*h) - 1)
}

func (h *heap) pop() *user {
	u := (*h)[0]
	h.remove(u)
	return u
}

func (h *heap) remove(u *user) {
	i, last := int(u.heapAt), len(*h)-1
	h.swap(i, last)
	(*h)[last] = nil
	*h = (*h)[:last]
	u.heapAt = -1
	if i < last {
		h.up(i)
		h.down(i)
	}
}

func (h *heap) swap(i, j int) {
	s := *h
	s[i], s[j] = s[j], s[i]
	s[i].heapAt, s[j].heapAt = int32(i), int32(j)
}

func (h *heap) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if (*h)[parent].due <= (*h)[i].due {
			return
		}
		h.swap(i, parent)
		i = parent
	}
}

func (h *heap) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(*h); child++ {
			if (*h)[child].due < (*h)[least].due {
				least = child
			}
		}
		if least == i {
			return
		}
		h.swap(i, least)
		i = least
	}
}
