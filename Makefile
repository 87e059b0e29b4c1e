# starttls-fallback: the only build file.  `make help` lists the targets.

VERSION = 0.1.0

JOBS = $(shell nproc)

PREFIX = /usr/local
SYSCONFDIR = /etc
BINDIR = $(PREFIX)/bin
LIBDIR = $(PREFIX)/lib/starttls-fallback
LIBEXECDIR = $(PREFIX)/libexec/starttls-fallback
MANDIR = $(PREFIX)/share/man
DOCDIR = $(PREFIX)/share/doc/starttls-fallback
CONFIG = $(SYSCONFDIR)/starttls-fallback.conf

CC = gcc
FUZZ_CC = clang
CFLAGS = -O2 -g
WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wcast-qual -Wwrite-strings -Wpointer-arith -Wvla -Wundef -Wformat=2 \
	-Wnull-dereference -Werror
DEFINES = -DSTF_CONFIG_PATH='"$(CONFIG)"' -DSTF_VERSION='"$(VERSION)"'
BASE = -std=gnu11 $(WARNINGS) $(DEFINES) -MMD -MP
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all

B = build
LIB = $(B)/libstarttls-fallback.so
TOOL = $(B)/starttls-fallback

# Objects are listed by what they may do; `make laws` holds them to it.
# Pure: bytes in, decisions out; no libc but mem* and str*.
PURE = class class-kind decide decimal dialog event glob mask match peer \
	peer-good program record record-hello ring rules rules-line \
	rules-peer rules-set siphash smtp-command smtp-reply table table-write
# Likewise, for the tool alone.
TOOL_PURE = event-parse
# With effects, but never by an interposed name.
CORE = clear clock fd live load memory out redial say session \
	session-memory session-watch start tls tls-verdict trust wait
HOOKS = change close connect openssl openssl-ask openssl-handshake \
	openssl-io read resolve write
TOOL_SOURCES = $(wildcard shim/tool/*.c)

LIB_OBJECTS = $(PURE:%=$(B)/lib/shim/%.o) $(CORE:%=$(B)/lib/shim/%.o) \
	$(B)/lib/shim/real.o $(HOOKS:%=$(B)/lib/hooks/%.o)
TOOL_OBJECTS = $(PURE:%=$(B)/tool/shim/%.o) \
	$(TOOL_PURE:%=$(B)/tool/shim/%.o) \
	$(patsubst %,$(B)/tool/shim/%.o,clock load memory trust real-direct) \
	$(TOOL_SOURCES:%.c=$(B)/tool/%.o)

# The preloaded library: see DESIGN 9 and shim/floor.h.  Fortified headers
# would rename the very functions that the hooks define.
LIB_CFLAGS = $(CFLAGS) $(BASE) -fPIC -fvisibility=hidden \
	-fstack-protector-strong -fstack-clash-protection \
	-U_FORTIFY_SOURCE -U_FILE_OFFSET_BITS -U_TIME_BITS
LIB_DEFS = -Wl,-z,defs
LIB_LDFLAGS = $(LDFLAGS) -shared -Wl,-soname,libstarttls-fallback.so \
	-Wl,--version-script=$(B)/exports.map $(LIB_DEFS) -Wl,-z,now \
	-Wl,-z,relro -Wl,-z,nodelete -Wl,-z,noexecstack \
	-Wl,--no-as-needed -l:libdl.so.2 -Wl,--as-needed

all: $(LIB) $(TOOL)

help:
	@echo 'make            the library and the tool, in build/'
	@echo 'make demo       installs what is missing, shows the main job'
	@echo 'make check      installs what is missing, runs all the tests'
	@echo 'make unit       the unit tests alone'
	@echo 'make laws       what must hold for the library itself'
	@echo 'make mta        unmodified MTAs against every persona'
	@echo 'make clients    other client programs against every persona'
	@echo 'make fuzz       FUZZ_SECONDS=30 for each parser'
	@echo 'make sanitize   ASan, UBSan and valgrind under the preload'
	@echo 'make bench      what a hook costs, in instructions'
	@echo 'make lint       formatter and static analysis'
	@echo 'make install    DESTDIR= PREFIX=/usr/local'
	@echo 'make uninstall'

# --- the library -----------------------------------------------------------

$(B)/lib/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(CC) $(LIB_CFLAGS) -c -o $@ $<

# The names come from the table of hooks.  No version node is named: with one
# the loader would bind nothing that has a version to the hooks.
$(B)/exports.map: hooks/table.h scripts/build/exports
	@mkdir -p $(@D)
	sh scripts/build/exports hooks/table.h >$@

$(LIB): $(LIB_OBJECTS) $(B)/exports.map
	@echo "  LINK  $@"
	@$(CC) -o $@ $(LIB_OBJECTS) $(LIB_LDFLAGS)

# --- the tool --------------------------------------------------------------

$(B)/tool/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(CC) $(CFLAGS) $(BASE) -c -o $@ $<

$(TOOL): $(TOOL_OBJECTS)
	@echo "  LINK  $@"
	@$(CC) $(LDFLAGS) -o $@ $(TOOL_OBJECTS)

-include $(LIB_OBJECTS:.o=.d) $(TOOL_OBJECTS:.o=.d)

include tests/tests.mk

# --- installation ----------------------------------------------------------

install: all
	install -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(LIBDIR)' \
	    '$(DESTDIR)$(LIBEXECDIR)' '$(DESTDIR)$(MANDIR)/man1' \
	    '$(DESTDIR)$(MANDIR)/man5' '$(DESTDIR)$(DOCDIR)/examples' \
	    '$(DESTDIR)$(SYSCONFDIR)'
	install -m 644 $(LIB) '$(DESTDIR)$(LIBDIR)'
	install -m 755 $(TOOL) '$(DESTDIR)$(LIBEXECDIR)/starttls-fallback'
	sed -e 's|^lib=.*|lib=$(LIBDIR)/libstarttls-fallback.so|' \
	    -e 's|^tool=.*|tool=$(LIBEXECDIR)/starttls-fallback|' \
	    -e 's|^config=.*|config=$(CONFIG)|' \
	    scripts/starttls-fallback >$(B)/launcher
	install -m 755 $(B)/launcher '$(DESTDIR)$(BINDIR)/starttls-fallback'
	install -m 644 shim/tool/starttls-fallback.1 '$(DESTDIR)$(MANDIR)/man1'
	install -m 644 shim/starttls-fallback.conf.5 '$(DESTDIR)$(MANDIR)/man5'
	install -m 644 README.md LICENSE '$(DESTDIR)$(DOCDIR)'
	install -m 644 scripts/examples/* '$(DESTDIR)$(DOCDIR)/examples'
	test -e '$(DESTDIR)$(CONFIG)' || install -m 644 \
	    scripts/examples/starttls-fallback.conf '$(DESTDIR)$(CONFIG)'

# The policy is the operator's and stays.
uninstall:
	rm -f '$(DESTDIR)$(BINDIR)/starttls-fallback' \
	    '$(DESTDIR)$(LIBDIR)/libstarttls-fallback.so' \
	    '$(DESTDIR)$(LIBEXECDIR)/starttls-fallback' \
	    '$(DESTDIR)$(MANDIR)/man1/starttls-fallback.1' \
	    '$(DESTDIR)$(MANDIR)/man5/starttls-fallback.conf.5'
	rm -rf '$(DESTDIR)$(DOCDIR)'
	-rmdir '$(DESTDIR)$(LIBDIR)' '$(DESTDIR)$(LIBEXECDIR)' 2>/dev/null

clean:
	rm -rf $(B)

.PHONY: all help install uninstall clean
