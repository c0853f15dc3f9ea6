# Crosstalk's house chores. `make` alone builds the program for this machine into dist/.

VERSION   := $(or $(shell git describe --tags --always --dirty 2>/dev/null),dev)
LDFLAGS   := -s -w -X main.version=$(VERSION)
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

# What make picture draws, and where to.
FRAME   := dist/screen/picture.ansi
PICTURE ?= docs/screen.svg

.PHONY: build dist test lint fmt picture walk vuln clean

build:
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o dist/ .

# Static binaries for every platform, with their checksums. The module name names the file.
dist: clean
	@set -e; for platform in $(PLATFORMS); do \
		os=$${platform%/*}; arch=$${platform#*/}; suffix=; \
		if [ $$os = windows ]; then suffix=.exe; fi; \
		file=dist/crosstalk-$$os-$$arch$$suffix; \
		echo "$$file"; \
		CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch go build -trimpath -ldflags '$(LDFLAGS)' -o $$file .; \
	done
	cd dist && if command -v sha256sum >/dev/null; then sha256sum crosstalk-*; else shasum -a 256 crosstalk-*; fi > SHA256SUMS

test:
	go test -race ./...

lint:
	"$$(.ci/tool golangci-lint)" run ./...

fmt:
	"$$(.ci/tool golangci-lint)" fmt ./...

# The README's picture, from a frame of the real program in a real terminal.
picture:
	docs/screen/capture --steps docs/screen/picture.steps --out dist/screen -- demo
	go run ./docs/screen/svg -title "Crosstalk: staging and production side by side" < $(FRAME) > dist/screen/picture.svg
	mv dist/screen/picture.svg $(PICTURE)

# The frames of docs/first-session.md and the recording beside it, walked in a real terminal.
walk:
	docs/screen/walk --draw

# Known vulnerabilities in what the program really calls. Needs the network: vuln.go.dev.
vuln:
	"$$(.ci/tool govulncheck)" ./...

clean:
	rm -rf dist
