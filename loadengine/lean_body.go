package loadengine

import (
	"bytes"
	"errors"
	"io"
)

// Framings of a body.
const (
	bodyLength = iota
	bodyChunked
	bodyToEnd
)

// leanReader is the body of an answer.
type leanReader struct {
	conn  *leanConn
	left  int64 // of the length, or of this chunk
	lines int64 // bytes of chunk lines beyond what the chunks themselves allow
	err   error
	kind  uint8
	begun bool // a chunk has gone before
	over  bool // read to its end, or closed
}

var errBodyClosed = errors.New("read of a closed body")

// Close gives up what was not read, and the connection with it.
func (b *leanReader) Close() error {
	if !b.over {
		b.over, b.err = true, errBodyClosed
		b.conn.lean.drop(b.conn)
	}
	return nil
}

// Read reads the body as it was framed, without the framing.
func (b *leanReader) Read(p []byte) (int, error) {
	if b.over {
		return 0, b.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	if b.kind == bodyChunked && b.left == 0 {
		if err := b.chunk(); err != nil {
			return 0, b.fail(err)
		}
		if b.left == 0 {
			return 0, b.finish()
		}
	}
	if b.kind != bodyToEnd {
		p = p[:min(int64(len(p)), b.left)]
	}
	n, err := b.read(p)
	if b.kind != bodyToEnd {
		b.left -= int64(n)
	}
	switch {
	case errors.Is(err, io.EOF) && b.kind == bodyToEnd:
		return n, b.finish()
	case err != nil:
		return n, b.fail(err)
	case b.kind == bodyLength && b.left == 0:
		return n, b.finish()
	}
	return n, nil
}

// read takes what was read already, then reads straight into p. Chunks are read
// by way of the buffer: the line that ends one mostly comes with it.
func (b *leanReader) read(p []byte) (int, error) {
	c := b.conn
	if c.at == len(c.in) && b.kind == bodyChunked {
		if err := c.fill(); err != nil {
			return 0, err
		}
	}
	if c.at < len(c.in) {
		n := copy(p, c.in[c.at:])
		c.at += n
		return n, nil
	}
	return c.net.Read(p)
}

// pass passes over a body that has come whole with its header, as short ones do.
// It returns how long it was, or false, and nothing is done.
func (b *leanReader) pass() (n int64, all bool) {
	c := b.conn
	if b.over || b.kind != bodyLength || b.left > int64(len(c.in)-c.at) {
		return 0, false
	}
	n = b.left
	c.at += int(n)
	b.left = 0
	_ = b.finish() // it has come to its end
	return n, true
}

func (b *leanReader) finish() error {
	b.over, b.err = true, io.EOF
	b.conn.done()
	return io.EOF
}

func (b *leanReader) fail(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	b.over, b.err = true, err
	b.conn.lean.drop(b.conn)
	return err
}

const (
	longestChunkLine = 4<<10 - 1
	mostChunkLines   = 16 << 10
	longestTrailer   = 64 << 10
)

// chunk reads the size of the next chunk; at the last one, the trailer too. It
// refuses what net/http refuses (RFC 9112, 7.1): whoever reads such lines in
// another way sees other answers.
func (b *leanReader) chunk() error {
	if b.begun {
		if line, err := b.line(0); err != nil || len(line) > 0 {
			return cmpErr(err, malformed("chunk end", line))
		}
	}
	b.begun = true
	line, err := b.line(longestChunkLine)
	if err != nil {
		return err
	}
	size, _, _ := bytes.Cut(bytes.TrimRight(line, " \t"), []byte(";"))
	n := int64(0)
	for _, d := range size {
		switch {
		case d >= '0' && d <= '9':
			d -= '0'
		case d|0x20 >= 'a' && d|0x20 <= 'f':
			d = d | 0x20 - 'a' + 10
		default:
			return malformed("chunk size", line)
		}
		n = n<<4 | int64(d)
	}
	if len(size) == 0 || len(size) > 15 {
		return malformed("chunk size", line)
	}
	b.left = n
	// Lines of two bytes for each of the body's, and a few more, are allowed.
	if b.lines = max(0, b.lines+int64(len(line))+2-16-2*n); b.lines > mostChunkLines {
		return malformed("chunks: more lines than body", line)
	}
	if n == 0 {
		return b.trailer()
	}
	return nil
}

// trailer reads the header lines behind the last chunk, which nobody looks at.
func (b *leanReader) trailer() error {
	for spent := 0; ; {
		raw, err := b.line(longestTrailer)
		if err != nil || len(raw) == 0 {
			return err
		}
		line := string(raw)
		if folded := line[0] == ' ' || line[0] == '\t'; folded && spent > 0 {
			line = "x:" + line // goes on with the value before
		}
		if _, _, err := parseField(line); err != nil {
			return err
		}
		if spent += len(line); spent > longestTrailer {
			return malformed("trailer", nil)
		}
	}
}

func cmpErr(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

// line reads up to a line break, at most most bytes before it. Between chunks
// it is CR LF and nothing else.
func (b *leanReader) line(most int) ([]byte, error) {
	c := b.conn
	for {
		if n := bytes.IndexByte(c.in[c.at:], '\n'); n >= 0 {
			line := c.in[c.at : c.at+n]
			c.at += n + 1
			if at := bytes.IndexByte(line, '\r'); at < 0 || at != n-1 || at > most {
				return nil, malformed("chunk line", line)
			}
			return line[:n-1], nil
		}
		if len(c.in)-c.at > most+1 {
			return nil, malformed("chunk line", nil)
		}
		if err := c.fill(); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
}
