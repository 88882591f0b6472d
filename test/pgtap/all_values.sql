/*
 * all_values.sql
 *		Every numeric function, compared with values computed independently.
 *
 * The values come from Python's decimal module at 60 digits, computed from the
 * definitions: log2(t) = ln(t) / ln(2), integers exact, and a float8 argument written
 * as a decimal fraction taken as that fraction. They have 20 significant digits.
 * Tolerances are relative: 2^-52 is one ulp of a float8 in [1, 2), and its shortest
 * text may be off by half an ulp more.
 *
 * The last tests compare with PostgreSQL's numeric arithmetic instead, over more
 * values than a table can hold.
 */
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS williams;

SELECT plan(528);

-- ok, or both numbers and their difference
CREATE FUNCTION pg_temp.is_within(got float8, want numeric, tolerance numeric, what text)
RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN off <= tolerance THEN ok(true, what)
		ELSE ok(false, what) || E'\n' ||
			diag(format('got %s, want %s, off by %s', got, want, off)) END
	FROM (SELECT abs(got::text::numeric - want)) AS s (off)
$$;

CREATE FUNCTION pg_temp.is_near(got float8, want numeric, ulps float8, what text)
RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.is_within(got, want,
		(abs(want) * ((ulps + 0.5) * 2.0 ^ -52)::text::numeric), what)
$$;

--
-- Bound
--
CREATE TEMP TABLE bound_value (t bigint, bound numeric, efficiency numeric,
	percent numeric, theorem numeric, batch_size bigint);
INSERT INTO bound_value VALUES
	(0,                   1,                     1,                      0,                       1,                     1),
	(1,                   1,                     1,                      0,                       1,                     1),
	(2,                   1.4142135623730950488, 1.4142135623730950488,  29.28932188134524756,    1.4142135623730950488, 1),
	(3,                   2.7452355793404658238, 1.0928023891926755967,  8.4921473553178058729,   2.1805704533822035039, 2),
	(4,                   4,                     1,                      0,                       2.8284271247461900976, 4),
	(5,                   5.1919890590347241057, 0.96302206016774272255, -3.8397811806944821139,  3.4072922496370650682, 5),
	(7,                   7.4275629656575375969, 0.94243563230167960469, -6.108042366536251385,   4.4329994873001315013, 7),
	(8,                   8.4852813742385702928, 0.94280904158206336587, -6.0660171779821286601,  4.8989794855663561964, 8),
	(10,                  10.504859003148010203, 0.95194043032879182987, -5.0485900314801020256,  5.7636170022715443682, 10),
	(12,                  12.418674388956440822, 0.96628670856136178666, -3.4889532413036735145,  6.558929029091096529,  12),
	(15,                  15.131322212246168078, 0.99132116741656022397, -0.87548141497445385255, 7.6552830734158862938, 15),
	(16,                  16,                    1,                      0,                       8,                     16),
	(17,                  16.853041035262420993, 1.0087200265180681493,  0.86446449845634709863,  8.3358783761074495382, 16),
	(31,                  27.583797663436025764, 1.1238481509416071028,  11.020007537303142696,   12.392743264588076323, 27),
	(64,                  48,                    1.3333333333333333333,  25,                      19.595917942265424786, 48),
	(100,                 66.438561897747246957, 1.5051499783199059761,  33.561438102252753043,   25.775678826705466024, 66),
	(500,                 200.4810313210375171,  2.4940015357329838319,  59.90379373579249658,    66.95440345736076769,  200),
	(1000,                315.14577009444030608, 3.1731347677626394329,  68.485422990555969392,   99.828774833021400972, 315),
	(1024,                320,                   3.2,                    68.75,                   101.19288512538813862, 320),
	(4096,                768,                   5.3333333333333333333,  81.25,                   221.70250336881629357, 768),
	(10000,               1328.7712379549449391, 7.5257498915995298803,  86.712287620450550609,   364.5231457609989598,  1328),
	(65535,               4095.9631143532863831, 15.999899943031433564,  93.749960915002233336,   1023.9914830290172178, 4095),
	(65536,               4096,                  16,                     93.75,                   1024,                  4096),
	(100000,              5252.4295015740051013, 19.038808606575836597,  94.747570498425994899,   1288.7839413352733012, 5252),
	(1000000,             19931.568569324174087, 50.171665943996865869,  98.006843143067582591,   4464.4785327431213987, 19931),
	(16777216,            98304,                 170.66666666666666667,  99.4140625,              20066.21997287979498,  98304),
	(10000000,            73534.013022036071418, 135.99149004697026141,  99.264659869779639286,   15249.097240234103916, 73534),
	(123456789,           298660.3423395451422,  413.3685377606736989,   99.758085120503543031,   57605.973936027057531, 298660),
	(1000000000,          945437.31028332091823, 1057.7115892542131443,  99.905456268971667908,   172908.51006814633105, 945437),
	(2147483647,          1436569.4500014793603, 1494.8693549050403026,  99.933104522029383381,   258015.4899527493581,  1436569),
	(2147483648,          1436569.4503670889353, 1494.8693552206960826,  99.933104522043508993,   258015.49001561902349, 1436569),
	(4294967296,          2097152,               2048,                   99.951171875,            370727.60009473262847, 2097152),
	(1000000000000,       39863137.138648348174, 25085.832971998432934,  99.996013686286135165,   6313726.0899288581804, 39863137),
	(4503599627370496,    3489660928,            1290555.0769230769231,  99.999922513961791992,   483928900.38027878874, 3489660928),
	(9007199254740992,    5030032078.0853323031, 1790684.2570613500545,  99.999944155425723065,   690928042.92579742996, 5030032078),
	(9007199254740993,    5030032078.0853325975, 1790684.2570613501485,  99.999944155425723065,   690928042.92579746936, 5030032078),
	(10000000000000000,   5315084951.8197797566, 1881437.4728998824701,  99.999946849150481802,   729046291.5219979196,  5315084951),
	(1000000000000000000, 59794705707.972522262, 16723888.64799895529,   99.999994020529429203,   7732703648.0116398071, 59794705707),
	(4611686018427387904, 133143986176,          34636833.032258064516,  99.999997112900018692,   16909303153.663608324, 133143986176),
	(9223372036854775807, 191331031498.49113061, 48206357.142476979243,  99.999997925584799854,   24105444163.546351793, 191331031498);

SELECT pg_temp.is_near(williams_space_bound(t), bound, CASE WHEN t < 2::numeric ^ 53 THEN 2 ELSE 3 END,
	format('williams_space_bound(%s)', t)) FROM bound_value ORDER BY t;
SELECT pg_temp.is_near(williams_efficiency_multiplier(t), efficiency, 4,
	format('williams_efficiency_multiplier(%s)', t)) FROM bound_value ORDER BY t;
SELECT pg_temp.is_within(williams_space_saved_percent(t), percent, 1e-13,
	format('williams_space_saved_percent(%s)', t)) FROM bound_value ORDER BY t;
SELECT pg_temp.is_near(williams_theorem_bound(t), theorem, 3,
	format('williams_theorem_bound(%s)', t)) FROM bound_value ORDER BY t;
SELECT is(williams_optimal_batch_size(t), batch_size,
	format('williams_optimal_batch_size(%s)', t)) FROM bound_value ORDER BY t;
SELECT is(williams_optimal_test_data_size(t), batch_size,
	format('williams_optimal_test_data_size(%s)', t)) FROM bound_value ORDER BY t;

-- the record has the functions' results, to the last bit
SELECT is_empty($$
	SELECT t, c FROM bound_value, williams_calculate_space_bound(t) AS c
	WHERE (c.space_bound, c.efficiency, c.time_complexity, c.space_reduction_percent) IS DISTINCT FROM
		(williams_space_bound(t), williams_efficiency_multiplier(t), t, williams_space_saved_percent(t))
$$, 'williams_calculate_space_bound agrees with the functions');

-- even powers of 2, whose bound is a whole number, and their neighbours
SELECT is(williams_optimal_batch_size(t), batch_size, format('williams_optimal_batch_size(%s)', t))
FROM (VALUES
	(3::bigint, 2::bigint), (4, 4), (5, 5),
	(15, 15), (16, 16), (17, 16),
	(63, 47), (64, 48), (65, 48),
	(255, 127), (256, 128), (257, 128),
	(1023, 319), (1024, 320), (1025, 320),
	(4095, 767), (4096, 768), (4097, 768),
	(16383, 1791), (16384, 1792), (16385, 1792),
	(65535, 4095), (65536, 4096), (65537, 4096),
	(262143, 9215), (262144, 9216), (262145, 9216),
	(1048575, 20479), (1048576, 20480), (1048577, 20480),
	(4194303, 45055), (4194304, 45056), (4194305, 45056),
	(16777215, 98303), (16777216, 98304), (16777217, 98304),
	(67108863, 212991), (67108864, 212992), (67108865, 212992),
	(268435455, 458751), (268435456, 458752), (268435457, 458752),
	(1073741823, 983039), (1073741824, 983040), (1073741825, 983040),
	(4294967295, 2097151), (4294967296, 2097152), (4294967297, 2097152),
	(17179869183, 4456447), (17179869184, 4456448), (17179869185, 4456448),
	(68719476735, 9437183), (68719476736, 9437184), (68719476737, 9437184),
	(274877906943, 19922943), (274877906944, 19922944), (274877906945, 19922944),
	(1099511627775, 41943039), (1099511627776, 41943040), (1099511627777, 41943040),
	(4398046511103, 88080383), (4398046511104, 88080384), (4398046511105, 88080384),
	(17592186044415, 184549375), (17592186044416, 184549376), (17592186044417, 184549376),
	(70368744177663, 385875967), (70368744177664, 385875968), (70368744177665, 385875968),
	(281474976710655, 805306367), (281474976710656, 805306368), (281474976710657, 805306368),
	(1125899906842624, 1677721600), (4503599627370496, 3489660928), (18014398509481984, 7247757312),
	(72057594037927936, 15032385536), (288230376151711744, 31138512896), (1152921504606846976, 64424509440),
	(4611686018427387904, 133143986176)) AS v (t, batch_size);

-- the first t whose bound reaches 100, 1000, ..., and the t before it
SELECT is(williams_optimal_batch_size(t), batch_size, format('williams_optimal_batch_size(%s)', t))
FROM (VALUES
	(178::bigint, 99::bigint), (179, 100),
	(6281, 999), (6282, 1000),
	(99986, 5251), (99987, 5252),
	(301790, 9999), (301791, 10000),
	(434468, 12344), (434469, 12345),
	(999950, 19930), (999951, 19931),
	(17297537, 99999), (17297538, 100000),
	(1107783170, 999999), (1107783171, 1000000),
	(76501315261, 9999999), (76501315262, 10000000)) AS v (t, batch_size);

-- the t below 3,000,000 whose bounds are nearest to a whole number, within 2e-6
SELECT is(williams_optimal_batch_size(t), batch_size, format('williams_optimal_batch_size(%s)', t))
FROM (VALUES
	(245703::bigint, 8876::bigint), (316530, 10279), (320904, 10362), (587910, 14695), (994085, 19863),
	(1506127, 25186), (1535401, 25464), (1679298, 26797), (1762561, 27546), (2268890, 31803),
	(2293174, 31996), (2398387, 32821), (2435300, 33107), (2673563, 34910)) AS v (t, batch_size);

-- trunc(trunc(memory / item) * sqrt(efficiency)) in [1, total]: it may exceed the budget
SELECT is(williams_optimize_batch_size(total, memory, item), want,
	format('williams_optimize_batch_size(%s, %s, %s)', total, memory, item))
FROM (VALUES
	(0::bigint, 100::float8, 5::float8, 1::bigint),
	(1, 100, 5, 1),
	(2, 100, 5, 2),
	(4, 100, 5, 4),
	(8, 100, 5, 8),
	(10, 40, 5, 7),
	(12, 40, 5, 7),
	(100, 50, 5, 12),
	(100, 1000, 5, 100),
	(256, 100, 5, 28),
	(1000, 100, 5, 35),
	(1000, 3, 5, 1),
	(1000, 0, 5, 1),
	(1000, 4.9, 5, 1),
	(1000, 5, 5, 1),
	(1000, 99.9, 3.3, 53),
	(10000, 512, 2.5, 559),
	(65536, 100, 5, 80),
	(65536, 104.9, 5, 80),
	(100000, 2048, 0.125, 71489),
	(1000000, 2048, 5, 2897),
	(1000000, 16384, 0.5, 232102),
	(1000000000, 65536, 10, 213119),
	(4294967296, 5, 5, 45),
	(4611686018427387904, 1000000, 0.0009765625, 6026553893696),
	(9223372036854775807, 1e300, 1e-300, 9223372036854775807),
	(9223372036854775807, 1e6, 1e-3, 6943079802398)) AS v (total, memory, item, want);
SELECT is(williams_optimize_batch_size(1000, 100), 35::bigint, 'the default item size is 5 MB');

-- over the calls with t > 1: 100, 10000, 1000
SELECT williams_reset_stats() IS NULL AS reset \gset
SELECT williams_calculate_space_bound(100), williams_calculate_space_bound(1),
	williams_calculate_space_bound(0), williams_calculate_space_bound(10000),
	williams_optimize_batch_size(1000, 100), williams_optimize_batch_size(1, 100) \gset called_
SELECT pg_temp.is_near(average_efficiency, 4.0680115458940250964, 6, 'average_efficiency of three calls')
FROM williams_get_optimization_stats();
SELECT pg_temp.is_near(max_efficiency, 7.5257498915995298803, 4, 'max_efficiency of three calls')
FROM williams_get_optimization_stats();
SELECT is(operation_count, 3::bigint, 'operation_count of three calls')
FROM williams_get_optimization_stats();
SELECT pg_temp.is_within(total_space_saved, 9.2040346376820752893, 1e-14, 'total_space_saved of three calls')
FROM williams_get_optimization_stats();

--
-- Score
--
SELECT pg_temp.is_near(williams_confidence_multiplier(n), want, 1.5,
	format('williams_confidence_multiplier(%s)', n))
FROM (VALUES
	(-1::bigint,          1),
	(0,                   1),
	(1,                   1),
	(2,                   0.85707106781186547524),
	(3,                   0.85546401194596337798),
	(7,                   0.85471217816150839802),
	(8,                   0.85471404520791031683),
	(12,                  0.85483143354280680893),
	(100,                 0.85752574989159952988),
	(500,                 0.86247000767866491916),
	(100000,              0.94519404303287918299),
	(150000,              0.96262206378951984899),
	(250000,              0.98941892424719556599),
	(300000,              1),
	(1000000,             1),
	(9223372036854775807, 1)) AS v (n, want);
SELECT is(williams_confidence_multiplier(12, b), williams_confidence_multiplier(12),
	format('a base_confidence of %s has no effect', b))
FROM unnest('{0,0.5,0.85,1}'::float8[]) AS b;

CREATE TEMP TABLE regime_value (n bigint, support numeric, exploration numeric, balance numeric);
INSERT INTO regime_value VALUES
	(-1,      1,                      1,                      1),
	(0,       1,                      1,                      1),
	(1,       1,                      1,                      1),
	(2,       0.8625734640672176516,  0.86166496873533707419, 0.85904233126783276584),
	(5,       0.86853489282116717497, 0.86626963277886995238, 0.85973029718506853622),
	(9,       0.87942517985614102632, 0.87534810834420700743, 0.86357844907390691516),
	(10,      0.88219748859071173024, 0.87766726216930801725, 0.86458943872638786468),
	(12,      0.8822715225595309075,  0.87774091596175403141, 0.86466199502854908724),
	(500,     0.89015529492515006306, 0.88558420388445313899, 0.87238841276696956573),
	(501,     0.89015512010047452525, 0.88558545341685381876, 0.87239377412262800569),
	(10000,   0.90685410850042939999, 0.9036798280354796094,  0.89451633914609625164),
	(100000,  0.96157178641099374564, 0.95886767301834554682, 0.95106145888485168986),
	(1000000, 1,                      1,                      1);
SELECT pg_temp.is_near(williams_confidence_multiplier(n, 0.85, regime), want, 3,
	format('williams_confidence_multiplier(%s, 0.85, %L)', n, regime))
FROM regime_value,
	LATERAL (VALUES ('support', support), ('exploration', exploration), ('balance', balance))
		AS r (regime, want)
ORDER BY regime, n;

SELECT pg_temp.is_near(williams_adjusted_confidence(n, base), want, 2.5,
	format('williams_adjusted_confidence(%s, %s)', n, base))
FROM (VALUES
	(-1::bigint,          0.5::float8, 0.5),
	(0,                   0.5,         0.5),
	(1,                   0.97,        0.97),
	(2,                   1,           0.85707106781186547524),
	(5,                   0.7,         0.59837057721058709953),
	(12,                  0.9,         0.76934829018852612804),
	(12,                  0,           0),
	(500,                 0.333,       0.28720251255699541808),
	(100000,              0.85,        0.80341493657794730554),
	(1000000,             0.123456789, 0.123456789),
	(9223372036854775807, 1,           1)) AS v (n, base, want);

--
-- Plan: the batch size, the number of batches, the smallest and the largest batch
--
CREATE TEMP TABLE plan_value (total bigint, memory float8, item float8,
	batch_size bigint, batches bigint, smallest bigint, largest bigint);
INSERT INTO plan_value VALUES
	(0,       100,    5,      1,     0,     NULL,  NULL),
	(1,       5,      5,      1,     1,     1,     1),
	(2,       100,    5,      1,     2,     1,     1),
	(3,       100,    5,      2,     2,     1,     2),
	(4,       1e9,    5,      4,     1,     4,     4),
	(7,       20,     5,      4,     2,     3,     4),
	(8,       20,     5,      4,     2,     4,     4),
	(9,       20,     5,      4,     3,     3,     3),
	(10,      20,     5,      4,     3,     3,     4),
	(12,      1000,   5,      12,    1,     12,    12),
	(16,      1000,   5,      16,    1,     16,    16),
	(17,      1000,   5,      16,    2,     8,     9),
	(100,     1000,   5,      66,    2,     50,    50),
	(101,     1000,   5,      66,    2,     50,    51),
	(100,     1,      0.1,    10,    10,    10,    10),
	(1000,    100,    5,      20,    50,    20,    20),
	(1000,    99.9,   3.3,    30,    34,    29,    30),
	(1000,    1e9,    0.001,  315,   4,     250,   250),
	(10000,   4.999,  2.5,    1,     10000, 1,     1),
	(10000,   512,    2.5,    204,   50,    200,   200),
	(65536,   1e6,    1,      4096,  16,    4096,  4096),
	(65537,   1e6,    1,      4096,  17,    3855,  3856),
	(100000,  100000, 5,      5252,  20,    5000,  5000),
	(1000000, 2048,   5,      409,   2445,  408,   409),
	(1000000, 1e300,  1e-300, 19931, 51,    19607, 19608),
	(999983,  64,     0.5,    128,   7813,  127,   128);

SELECT is(williams_batch_size(total, memory, item), batch_size,
	format('williams_batch_size(%s, %s, %s)', total, memory, item))
FROM plan_value ORDER BY total, memory;
SELECT is(ARRAY[count(batch_no), min(items), max(items), sum(items)::bigint], ARRAY[batches, smallest, largest, NULLIF(total, 0)],
	format('williams_plan(%s, %s, %s)', total, memory, item))
FROM plan_value LEFT JOIN LATERAL williams_plan(total, memory, item) ON true
GROUP BY total, memory, item, batches, smallest, largest ORDER BY total, memory;
SELECT is_empty($$
	SELECT v.total, v.memory, v.item, p.*
	FROM plan_value AS v, LATERAL
		(SELECT *, lag(last_item, 1, 0::bigint) OVER w AS before, row_number() OVER w AS n
		 FROM williams_plan(v.total, v.memory, v.item) WINDOW w AS (ORDER BY batch_no)) AS p
	WHERE batch_no <> n OR first_item <> before + 1 OR items <> last_item - first_item + 1
		OR memory_mb <> items * item OR memory_mb > memory
$$, 'batches are numbered from 1, cover the items from 1 in order and keep to the budget');
SELECT is(williams_batch_size(1000, 100), 20::bigint, 'williams_batch_size: the default item size is 5 MB');
SELECT is(count(*), 50::bigint, 'williams_plan: the default item size is 5 MB') FROM williams_plan(1000, 100);

-- the largest bigint
SELECT is(williams_batch_size(9223372036854775807, 1e300, 1e-300), 191331031498, 'williams_batch_size(2^63 - 1, 1e300, 1e-300)');
SELECT is(williams_batch_size(9223372036854775807, 1, 1), 1::bigint, 'williams_batch_size(2^63 - 1, 1, 1)');
SELECT results_eq(
	$$SELECT * FROM (SELECT (williams_plan(9223372036854775806, 3, 1)).* LIMIT 2) AS p$$,
	$$VALUES (1::bigint, 1::bigint, 3::bigint, 3::bigint, 3::float8), (2, 4, 6, 3, 3)$$,
	'the first batches of 2^63 - 2 items');

--
-- The aggregates
--
CREATE TEMP TABLE total AS
SELECT (williams_efficiency(t)).* FROM (VALUES
	(2::bigint), (NULL), (100), (0), (1000), (1), (1000000), (1000000), (4611686018427387904)) AS v (t);
SELECT is(operation_count, 6::bigint, 'williams_efficiency: operation_count') FROM total;
SELECT pg_temp.is_near(average_efficiency, 5772823.2446813768276, 6, 'williams_efficiency: average_efficiency') FROM total;
SELECT pg_temp.is_near(max_efficiency, 34636833.032258064516, 4, 'williams_efficiency: max_efficiency') FROM total;
SELECT pg_temp.is_near(total_space_saved, 34636933.468088260966, 6, 'williams_efficiency: total_space_saved') FROM total;
SELECT is(total_time_complexity, 4611686018429389006::numeric, 'williams_efficiency: total_time_complexity is exact') FROM total;
SELECT pg_temp.is_near(total_space_bound, 133144026422.1356842, 4, 'williams_efficiency: total_space_bound') FROM total;
SELECT is(williams_efficiency(t), (0, 1, 1, 0, 0, 0)::williams_efficiency_result, 'williams_efficiency over no rows')
FROM bound_value WHERE false;
SELECT is((williams_efficiency(9223372036854775807)).total_time_complexity, 9223372036854775807000, 'williams_efficiency: a total beyond bigint')
FROM generate_series(1, 1000);

SELECT is(williams_workload(mb, 10), (4, 7.75, 4, 4, 1, 2, 2, 8)::williams_workload_result,
	'williams_workload: two of the largest fit')
FROM (VALUES (1.5), (2.25), (NULL), (4)) AS v (mb);
SELECT is(williams_workload(mb, 3), (4, 7.75, 4, 4, 1, 1, 4, 4)::williams_workload_result,
	'williams_workload: the largest does not fit')
FROM (VALUES (1.5), (2.25), (NULL), (4)) AS v (mb);
CREATE TEMP TABLE load AS
SELECT (williams_workload(0.5, 1000)).* FROM generate_series(1, 100000);
SELECT is((items, total_mb, max_item_mb, batch_size, batches, peak_mb),
	(100000::bigint, 50000::float8, 0.5::float8, 2000::bigint, 50::bigint, 1000::float8),
	'williams_workload of 100000 items') FROM load;
SELECT pg_temp.is_near(space_bound, 5252.4295015740051013, 2, 'williams_workload: space_bound') FROM load;
SELECT pg_temp.is_near(efficiency, 19.038808606575836597, 4, 'williams_workload: efficiency') FROM load;

--
-- Compared with numeric
--
CREATE FUNCTION pg_temp.exact_bound(t numeric) RETURNS numeric LANGUAGE sql AS $$
	SELECT sqrt(t + 0e-40) * ln(t + 0e-40) / ln(2 + 0e-40)
$$;

SELECT is_empty($$
	SELECT t, williams_space_bound(t), want
	FROM (SELECT trunc(2.0 ^ (i / 32.0))::bigint AS t FROM generate_series(32, 2015) AS i) AS s,
		LATERAL pg_temp.exact_bound(t) AS want
	WHERE abs(williams_space_bound(t)::text::numeric - want) >
		want * CASE WHEN t < 2::numeric ^ 53 THEN 5.6e-16 ELSE 7.8e-16 END
$$, 'williams_space_bound for 2^1, 2^(1 1/32), ... 2^62 31/32');
SELECT is_empty($$
	SELECT t, williams_optimal_batch_size(t), want
	FROM generate_series(2, 5000) AS t, LATERAL (SELECT least(floor(pg_temp.exact_bound(t) + 1e-30), t)) AS s (want)
	WHERE williams_optimal_batch_size(t) <> want
$$, 'williams_optimal_batch_size for 2 .. 5000');
-- in float8, 17 * 0.1 exceeds 1.7 although 1.7 / 0.1 is 17
SELECT is_empty($$
	SELECT * FROM
		(SELECT memory, item, williams_batch_size(1000000, memory, item) AS size
		 FROM (SELECT i / 10.0::float8, j / 10.0::float8 FROM generate_series(1, 400) AS i, generate_series(1, 60) AS j) AS v (memory, item)
		 WHERE item <= memory) AS s
	WHERE size * item > memory OR (size + 1) * item < memory
$$, 'no batch exceeds the budget, and none could be larger');

SELECT * FROM finish();
ROLLBACK;
