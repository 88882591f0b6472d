# williams: a PGXS extension. `make demo`, `make test`, `make bench`, `make lib` and
# `make install-lib` need neither PostgreSQL's headers nor a running server.

EXTENSION = williams

# Where the sources are: here, or where PGXS looks for them in a build elsewhere.
srcdir := $(or $(VPATH),$(patsubst %/,%,$(dir $(firstword $(MAKEFILE_LIST)))))
EXTVERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" $(srcdir)/williams.control)

MODULE_big = williams
OBJS = src/bound.o src/calibration.o src/check.o src/efficiency.o src/engines.o \
	src/expression.o src/key.o src/owner.o src/plan.o src/plan_table.o src/profile.o src/row_mb.o \
	src/run.o src/score.o src/scorecard.o src/session.o src/state.o src/statement.o src/step.o \
	src/store.o src/summary.o \
	src/task.o src/trigger.o src/williams.o src/worker.o src/workload.o
DATA = $(patsubst $(srcdir)/%,%,$(wildcard $(srcdir)/sql/updates/$(EXTENSION)--*.sql))
DATA_built = sql/$(EXTENSION)--$(EXTVERSION).sql
PG_CPPFLAGS = -DWILLIAMS_VERSION='"$(EXTVERSION)"'
# nobody reads errno after sqrt(): one instruction then, without a test
PG_CFLAGS = -fno-math-errno
SHLIB_LINK = -lm

REGRESS = bound score profile score_fields engines trigger trigger_errors plan batch_no workload plan_table plan_table_errors plan_table_foreign plan_table_property run run_alter run_answers run_range run_relation run_commit run_pace run_property run_security efficiency scorecard calibration summary hostile parallel
REGRESS_OPTS = --inputdir=$(srcdir)/test --load-extension=williams
ISOLATION = trigger_update plan_table run_claim run_split run_task run_stop run_sessions run_lock run_table
ISOLATION_OPTS = --inputdir=$(srcdir)/test/isolation --load-extension=williams
TAP_TESTS = 1
PROVE_TESTS = test/t/*.pl
EXTRA_CLEAN = libwilliams.so sql/$(EXTENSION)--*.sql test/core/accuracy

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
SERVER_HEADER := $(wildcard $(shell $(PG_CONFIG) --includedir-server 2>/dev/null)/postgres.h)

ifneq ($(filter install-lib,$(MAKECMDGOALS)),)
# PGXS has an install-lib of its own, a part of its install: ours stands alone.
ifneq ($(filter-out lib install-lib,$(MAKECMDGOALS)),)
$(error install-lib goes by itself: run "make $(filter-out install-lib,$(MAKECMDGOALS))" first)
endif
prefix ?= /usr/local
install-lib: lib
	install -d '$(DESTDIR)$(prefix)/lib'
	install -m 755 libwilliams.so '$(DESTDIR)$(prefix)/lib/'
else ifneq ($(SERVER_HEADER),)
include $(PGXS)
else
all install installcheck clean:
	@echo "make $@: $(PG_CONFIG) leads to no PostgreSQL server headers; on Debian: apt-get install postgresql-server-dev-15" >&2
	@exit 1
endif

ifneq ($(abspath $(srcdir)),$(CURDIR))
VPATH := $(srcdir)
ifneq ($(wildcard $(addprefix $(srcdir)/,$(OBJS) $(DATA_built))),)
$(error $(abspath $(srcdir)) has been built in: run "make clean" there first)
endif
# what pg_regress compares with; it looks in the directory where it is run
EXTRA_CLEAN += expected
installcheck: $(CURDIR)/expected
$(CURDIR)/expected:
	ln -s $(abspath $(srcdir))/expected $@
endif

# Every object depends on every header: there are few of both.
$(OBJS) $(OBJS:.o=.bc): $(wildcard $(srcdir)/src/*.h) williams.control | $(CURDIR)/src

sql/$(EXTENSION)--$(EXTVERSION).sql: sql/$(EXTENSION).sql williams.control | $(CURDIR)/sql
	cp $< $@

$(CURDIR)/src $(CURDIR)/sql:
	mkdir -p $@

# The C library of the five symbols, for programs that load it through an FFI.
CC ?= cc
libwilliams.so: src/cabi.c src/core.h
	$(CC) -O2 -Wall -Wextra -fPIC -shared -fvisibility=hidden -Wl,-soname,$@ -o $@ $< -lm

lib:
	@$(srcdir)/tools/deps.sh lib
	@$(MAKE) --no-print-directory libwilliams.so

# The core against MPFR.
test/core/accuracy: test/core/accuracy.c src/core.h
	$(CC) -O2 -Wall -Wextra -o $@ $< -lmpfr -lgmp -lm

demo:
	@tools/deps.sh demo
	@tools/cluster.sh demo/run.sh

test:
	@tools/deps.sh test
	@CLUSTER_LOG=1 WILLIAMS_DATA="$${WILLIAMS_DATA:-$(CURDIR)/../shared/data}" tools/cluster.sh test/run.sh $(PARTS)

# each of PARTS, or of those that PostgreSQL's tools run, TIMES times beside LOADS busy loops
# and an autovacuum that analyses a table whenever a row changed
test-stress:
	@tools/deps.sh test
	@CLUSTER_CONF="$$(printf 'autovacuum_%s\n' 'naptime = 1s' 'analyze_threshold = 0' 'analyze_scale_factor = 0')" \
		TIMES=$(TIMES) LOADS=$(LOADS) WILLIAMS_DATA="$${WILLIAMS_DATA:-$(CURDIR)/../shared/data}" \
		tools/cluster.sh test/stress.sh $(PARTS)

# PARTS on each PostgreSQL of PG_CONFIGS
matrix:
	@tools/matrix.sh

# FUZZ_SECONDS for each of six targets
test-fuzz:
	@tools/deps.sh test
	@CLUSTER_LOG=1 tools/cluster.sh test/fuzz/fuzz.py $(TARGETS)

bench:
	@tools/deps.sh bench
	@CLUSTER_CONF="$$(cat test/bench/postgresql.conf)" \
		WILLIAMS_DATA="$${WILLIAMS_DATA:-$(CURDIR)/../shared/data}" tools/cluster.sh test/bench/run.sh

lint:
	@tools/deps.sh lint
	@tools/lint.sh

.PHONY: lib install-lib demo test test-stress matrix test-fuzz bench lint
