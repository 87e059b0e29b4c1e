# The tests.  Included by the top Makefile; paths are from the top.
#
# Every test prints TAP; tests/run starts them, keeps their output in
# build/log, and closes with `N passed, N failed, N skipped`.

FUZZ_SECONDS = 30

FAULTS = $(B)/tests/faults
LOGGER = $(B)/tests/logger
RINGER = $(B)/tests/ringer
UNIT = $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
UNIT_PROGRAMS = $(UNIT:%=$(B)/tests/unit/%)
FUZZERS = $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_PROGRAMS = $(FUZZERS:%=$(B)/tests/fuzz/%)

# The core as an ordinary library, with sanitizers, for the unit tests; the
# pure part of it once more for the fuzzers.
CORE_ARCHIVE = $(B)/unit/libcore.a
CORE_OBJECTS = $(PURE:%=$(B)/unit/shim/%.o) $(CORE:%=$(B)/unit/shim/%.o) \
	$(TOOL_PURE:%=$(B)/unit/shim/%.o) $(B)/unit/shim/real-direct.o
FUZZ_OBJECTS = $(PURE:%=$(B)/fuzz/shim/%.o)

CHECK_CFLAGS = $(shell pkg-config --cflags check 2>/dev/null)
CHECK_LIBS = $(shell pkg-config --libs check 2>/dev/null)

$(B)/unit/%.o: %.c Makefile tests/tests.mk
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(CC) $(CFLAGS) $(BASE) $(SANITIZE) -c -o $@ $<

$(CORE_ARCHIVE): $(CORE_OBJECTS)
	@rm -f $@
	@$(AR) rcs $@ $(CORE_OBJECTS)

$(B)/tests/unit/%: tests/unit/%.c $(CORE_ARCHIVE)
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(CC) $(CFLAGS) $(BASE) $(SANITIZE) $(CHECK_CFLAGS) -Ishim -o $@ $< \
	    $(CORE_ARCHIVE) $(CHECK_LIBS)

$(B)/fuzz/%.o: %.c Makefile tests/tests.mk
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(FUZZ_CC) $(CFLAGS) $(BASE) $(SANITIZE) -fsanitize=fuzzer-no-link \
	    -c -o $@ $<

$(B)/tests/fuzz/%: tests/fuzz/%.c $(FUZZ_OBJECTS)
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(FUZZ_CC) $(CFLAGS) $(BASE) $(SANITIZE) -fsanitize=fuzzer -Ishim \
	    -o $@ $< $(FUZZ_OBJECTS)

# The fault server does not link the core: it would share its bugs.
$(FAULTS): $(wildcard tests/faults/*.c) $(wildcard tests/faults/*.h)
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(CC) $(CFLAGS) -std=gnu11 $(WARNINGS) -o $@ tests/faults/*.c \
	    -lssl -lcrypto

$(LOGGER): tests/mta/logger.c
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(CC) $(CFLAGS) -std=gnu11 $(WARNINGS) -static -o $@ $<

# The core as the tool has it.
$(RINGER): tests/tool/ringer.c $(TOOL_OBJECTS)
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(CC) $(CFLAGS) -std=gnu11 $(WARNINGS) -o $@ $< \
	    $(filter-out $(B)/tool/shim/tool/%,$(TOOL_OBJECTS))

TEST_PROGRAMS = $(LIB) $(TOOL) $(FAULTS) $(LOGGER) $(RINGER)

deps:
	@sh scripts/build/deps

unit-programs: $(UNIT_PROGRAMS)

unit:
	@$(MAKE) --no-print-directory -j$(JOBS) unit-programs
	@tests/run unit

laws: $(TEST_PROGRAMS)
	@tests/run laws

memory:
	@tests/run memory

mta: $(TEST_PROGRAMS)
	@tests/run mta

clients: $(TEST_PROGRAMS)
	@tests/run clients

sanitize: $(TEST_PROGRAMS)
	@tests/run sanitize

fuzz: $(FUZZ_PROGRAMS)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/run fuzz

lint:
	@tests/run lint

tool: $(LIB) $(TOOL) $(RINGER)
	@tests/run tool

docs: $(LIB) $(TOOL)
	@tests/run docs

bench: $(TEST_PROGRAMS)
	@tests/bench/run

demo: deps
	@$(MAKE) --no-print-directory -j$(JOBS) $(TEST_PROGRAMS)
	@scripts/demo/demo

# A newcomer's one command: what is missing is installed first, and make is
# started anew, since some of its variables depend on it.
programs: $(TEST_PROGRAMS) $(UNIT_PROGRAMS) $(FUZZ_PROGRAMS)

check: deps
	@$(MAKE) --no-print-directory -j$(JOBS) programs
	@$(MAKE) --no-print-directory check-all

check-all: programs
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/run \
	    lint unit tool docs laws memory faults mta clients sanitize fuzz

-include $(CORE_OBJECTS:.o=.d) $(FUZZ_OBJECTS:.o=.d) \
	$(UNIT_PROGRAMS:=.d) $(FUZZ_PROGRAMS:=.d)

.PRECIOUS: $(B)/unit/%.o $(B)/fuzz/%.o
.PHONY: deps programs unit-programs unit laws memory mta clients sanitize fuzz lint tool docs bench demo check \
	check-all
