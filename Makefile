# On Debian and its relatives these targets install what is missing; elsewhere they say what to install.
CARGO ?= cargo
PREFIX ?= $(HOME)/.local

.DEFAULT_GOAL := help
.PHONY: help demo build test model corpus bench install man pictures deps test-deps bench-deps

help:
	@echo 'make demo      build, and open a generated desk (no account, no network)'
	@echo 'make test      run every test, with the mail servers they need'
	@echo 'make model     try 100,000 courses of events in which clients of one mailbox have to agree (POSTDESK_SEEDS sets the number)'
	@echo 'make corpus    measure how well mail is read and threaded, on the corpus that POSTDESK_CORPUS names'
	@echo 'make bench     print one table: sync, index, search, screen, memory; beside a raw drain, mbsync and notmuch'
	@echo 'make build     build target/release/postdesk'
	@echo 'make install   put the program and its manual below $$PREFIX ($(PREFIX))'
	@echo 'make man       write man/postdesk.1 anew'
	@echo 'make pictures  take the pictures of the README anew'

# `exec` hands the terminal and its signals to the program.
demo: build
	@bin="$${CARGO_TARGET_DIR:-target}/release/postdesk"; exec "$$bin" demo

build: deps
	@$(CARGO) build --release --locked 1>&2

test: test-deps
	@./tests/run.sh

model: test-deps
	@POSTDESK_SEEDS="$${POSTDESK_SEEDS:-100000}" $(CARGO) test --locked --profile model --test model

# Prints the figures, or that there is no corpus: neither is it part of the program nor does it come with it.
# First how single mails are read, then how whole archives are threaded.
corpus: deps
	@$(CARGO) test --locked --quiet --test corpus --test archives -- --nocapture mail_of_the_corpus archives_come_back

# Prints ratios of one run; nothing else should be busy meanwhile.
# benches/table/sizes.rs says what can be set: POSTDESK_BENCH_MESSAGES=100000 POSTDESK_BENCH_DESK=folder make bench
bench: bench-deps
	@$(CARGO) bench --locked --bench table
	@[ -n "$$POSTDESK_BENCH_ONLY" ] || $(CARGO) bench --locked --bench inner

install: build
	install -D -m 755 "$${CARGO_TARGET_DIR:-target}/release/postdesk" "$(DESTDIR)$(PREFIX)/bin/postdesk"
	install -D -m 644 man/postdesk.1 "$(DESTDIR)$(PREFIX)/share/man/man1/postdesk.1"

man:
	$(CARGO) run --quiet --locked -- man > man/postdesk.1.new
	mv man/postdesk.1.new man/postdesk.1

# Takes the README's pictures from the demo's screen.
pictures: deps
	@$(CARGO) test --locked --test pictures -- --ignored --nocapture

deps:
	@./tests/install.sh build

test-deps:
	@./tests/install.sh test

bench-deps:
	@./tests/install.sh bench
