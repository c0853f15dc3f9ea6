package session

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// measured are the types that hold nothing a person wrote. They are most of a
// journal, and reading past them without decoding is what makes a search quick.
var measured = [][]byte{
	[]byte(`"type":"` + TypeLoadTick + `"`), []byte(`"type":"` + TypeHealthTick + `"`), []byte(`"type":"` + TypeHealthState + `"`),
}

// headLength is where a line's type must have been named: by whom is at most 64
// bytes, which JSON may write with six each.
const headLength = 512

// ReadNoted folds what people wrote in a session: start, charter, notes and
// whatever is not a measurement. Of a tick it looks only at its number and its
// end, so that a journal of a day is read in the time it takes to pass over it.
// As with EachEvent, reading stops at the first line that is torn, broken or out
// of order, and Rest says where.
func ReadNoted(dir string) (*State, Rest, error) {
	file, err := os.Open(filepath.Join(dir, JournalName))
	if err != nil {
		return nil, Rest{}, fmt.Errorf("open session %s: %w", dir, err)
	}
	defer file.Close()
	st := NewState()
	rest, err := skim(file, st)
	if err != nil {
		return nil, rest, fmt.Errorf("search session %s: %w", dir, err)
	}
	return st, rest, nil
}

func skim(r io.Reader, st *State) (Rest, error) {
	var rest Rest
	br := bufio.NewReaderSize(r, 256<<10)
	var last uint64
	for {
		b, err := br.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			var more []byte
			b = bytes.Clone(b)
			more, err = readLine(br)
			if b = append(b, more...); len(b) > maxLine && err == nil {
				err = io.EOF // as torn as readLine would have called it
			}
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return rest, fmt.Errorf("read journal: %w", err)
		}
		if len(b) == 0 && err != nil {
			return rest, nil
		}
		seq, plain := tickSeq(b)
		switch {
		case err != nil:
			rest.Why = "the last line has no end"
		case !plain:
			var e Event
			if uerr := e.UnmarshalJSON(b); uerr != nil {
				rest.Why = uerr.Error()
				break
			}
			if seq = e.Seq; last == 0 || seq == last+1 {
				st.Apply(e)
			}
		}
		if rest.Why == "" && last != 0 && seq != last+1 {
			rest.Why = fmt.Sprintf("seq %d follows %d", seq, last)
		}
		if rest.Why != "" {
			rest.Torn = int64(len(b))
			n, cerr := io.Copy(io.Discard, br)
			rest.Torn += n
			return rest, cerr
		}
		last = seq
		rest.Whole += int64(len(b))
		rest.Lines++
	}
}

// tickSeq returns the number of a line that is a measurement as this program
// writes it; plain is false when the line has to be decoded to know. The first
// line is always decoded: the session's clock begins with it.
func tickSeq(b []byte) (seq uint64, plain bool) {
	rest, ok := bytes.CutPrefix(b, []byte(`{"v":1,"seq":`))
	if !ok || !bytes.HasSuffix(b, []byte("}}\n")) {
		return 0, false
	}
	digits := 0
	for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
		digits++
	}
	seq, err := strconv.ParseUint(string(rest[:digits]), 10, 64)
	if err != nil || seq <= 1 {
		return 0, false
	}
	head := rest[:min(len(rest), headLength)]
	if at := bytes.Index(head, []byte(`,"body":`)); at >= 0 {
		head = head[:at]
	}
	for _, t := range measured {
		if bytes.HasSuffix(head, t) {
			return seq, true
		}
	}
	return 0, false
}
