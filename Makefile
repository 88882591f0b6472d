# williams: a PGXS extension. `make demo`, `make test` and `make bench` install what they
# need and start their own server; `make lib` and `make install-lib` do not need PostgreSQL.

EXTENSION = williams

# The source directory: this one, or that of a build outside the source tree.
srcdir := $(or $(VPATH),$(patsubst %/,%,$(dir $(firstword $(MAKEFILE_LIST)))))
EXTVERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" $(srcdir)/williams.control)

MODULE_big = williams
OBJS = $(patsubst $(srcdir)/%.c,%.o,$(sort $(wildcard $(addprefix $(srcdir)/src/,*.c */*.c */*/*.c))))
OUR_HEADERS = $(wildcard $(srcdir)/src/*/*.h $(srcdir)/src/*/*/*.h)
DATA = $(patsubst $(srcdir)/%,%,$(wildcard $(srcdir)/sql/updates/$(EXTENSION)--*.sql))
DATA_built = sql/$(EXTENSION)--$(EXTVERSION).sql
PG_CPPFLAGS = -DWILLIAMS_VERSION='"$(EXTVERSION)"' -I$(srcdir)/src
# sqrt() need not set errno, so it compiles to one instruction
PG_CFLAGS = -fno-math-errno
SHLIB_LINK = -lm

REGRESS = bound_functions plan_items plan_batch_no plan_workload plan_table plan_table_errors plan_table_foreign plan_table_property run_task run_alter run_extend run_extend_property run_stats run_answers run_range run_relation run_commit run_pace run_apply run_window run_options run_bounded_property run_bounded run_property run_security score_multiplier score_profile score_fields score_explain score_engines score_samples score_xml score_trigger score_trigger_errors score_trigger_types score_trigger_verified score_trigger_accepted score_evidence score_fit report_efficiency report_scorecard report_calibration report_trust report_fields report_summary report_dashboard report_dashboard_rights report_dashboard_property all_hostile all_parallel
REGRESS_OPTS = --inputdir=$(srcdir)/test --load-extension=williams
ISOLATION = plan_table report_dashboard run_apply run_claim run_split run_extend run_task run_stop run_sessions run_lock run_table score_trigger_update score_trigger_verified
ISOLATION_OPTS = --inputdir=$(srcdir)/test/isolation --load-extension=williams
TAP_TESTS = 1
PROVE_TESTS = test/t/*.pl
EXTRA_CLEAN = libwilliams.so sql/$(EXTENSION)--*.sql test/core/bound_accuracy test/core/binomial_accuracy

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
SERVER_HEADER := $(wildcard $(shell $(PG_CONFIG) --includedir-server 2>/dev/null)/postgres.h)

ifneq ($(filter install-lib,$(MAKECMDGOALS)),)
# PGXS has a target install-lib, part of its install; so ours must be the only target.
ifneq ($(filter-out lib install-lib,$(MAKECMDGOALS)),)
$(error install-lib must be the only target: run "make $(filter-out install-lib,$(MAKECMDGOALS))" first)
endif
prefix ?= /usr/local
install-lib: lib
	install -d '$(DESTDIR)$(prefix)/lib'
	install -m 755 libwilliams.so '$(DESTDIR)$(prefix)/lib/'
else ifneq ($(SERVER_HEADER),)
include $(PGXS)
else
all install installcheck clean:
	@echo "make $@: found no PostgreSQL server headers with $(PG_CONFIG); on Debian: apt-get install postgresql-server-dev-15" >&2
	@exit 1
endif

ifneq ($(abspath $(srcdir)),$(CURDIR))
VPATH := $(srcdir)
ifneq ($(wildcard $(addprefix $(srcdir)/,$(OBJS) $(DATA_built))),)
$(error $(abspath $(srcdir)) has been built in: run "make clean" there first)
endif
endif

# Every object depends on every header, because there are few of both.
BUILD_DIRS = $(addprefix $(CURDIR)/,$(sort $(dir $(OBJS))))
$(OBJS) $(OBJS:.o=.bc): $(OUR_HEADERS) williams.control | $(BUILD_DIRS)

SQL_PARTS = $(sort $(wildcard $(srcdir)/sql/[0-9]_*.sql))
sql/$(EXTENSION)--$(EXTVERSION).sql: $(SQL_PARTS) williams.control | $(CURDIR)/sql/
	cat $(SQL_PARTS) >$@

$(BUILD_DIRS) $(CURDIR)/sql/:
	mkdir -p $@

# The C library with five functions, for programs that load it through an FFI.
CC ?= cc
libwilliams.so: lib/libwilliams.c $(OUR_HEADERS)
	$(CC) -Isrc -O2 -Wall -Wextra -fPIC -shared -fvisibility=hidden -Wl,-soname,$@ -o $@ $< -lm

lib:
	@$(srcdir)/tools/deps.sh lib
	@$(MAKE) --no-print-directory libwilliams.so

# Compares the bound with MPFR.
test/core/bound_accuracy: test/core/bound_accuracy.c $(OUR_HEADERS)
	$(CC) -Isrc -O2 -Wall -Wextra -o $@ $< -lmpfr -lgmp -lm

# Compares binomial tails with exact values.
test/core/binomial_accuracy: test/core/binomial_accuracy.c $(OUR_HEADERS)
	$(CC) -Isrc -O2 -Wall -Wextra -o $@ $< -lm

demo:
	@tools/deps.sh demo
	@REPORT='$(CURDIR)/demo/report.html' tools/cluster.sh demo/run.sh

test:
	@tools/deps.sh test $(filter browser,$(PARTS))
	@SCREENSHOTS='$(if $(SCREENSHOTS),$(abspath $(SCREENSHOTS)))' CLUSTER_LOG=1 WILLIAMS_DATA="$${WILLIAMS_DATA:-$(CURDIR)/../shared/data}" tools/cluster.sh test/run.sh $(PARTS)

# Runs each of PARTS TIMES times, by default the parts that use PostgreSQL's test tools,
# while LOADS busy loops run and autovacuum analyzes a table after every change of a row.
test-stress:
	@tools/deps.sh test
	@CLUSTER_CONF="$$(printf 'autovacuum_%s\n' 'naptime = 1s' 'analyze_threshold = 0' 'analyze_scale_factor = 0')" \
		TIMES=$(TIMES) LOADS=$(LOADS) WILLIAMS_DATA="$${WILLIAMS_DATA:-$(CURDIR)/../shared/data}" \
		tools/cluster.sh test/stress.sh $(PARTS)

# Runs PARTS with each PostgreSQL in PG_CONFIGS.
matrix:
	@tools/matrix.sh

# Runs each of nine targets, or TARGETS, for FUZZ_SECONDS.
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
