// The types of a Grafana dashboard as a file of JSON: those of @grafana/schema, with what they leave open
// filled in for the panels and the data source that dashboards/grafana/williams.json uses.
//
// grafana_test.py writes the JSON into constants of these types; tsc then refuses what Grafana does not know:
// a property that does not exist, a value of another type, an option of a panel that is missing or of another
// panel, and an override of something that cannot be overridden.
import type { RowPanel as Row } from '@grafana/schema';
import type * as raw from '@grafana/schema/dist/types/raw/dashboard/x/dashboard_types.gen';
import type * as barchart from '@grafana/schema/dist/types/raw/composable/barchart/panelcfg/x/BarChartPanelCfg_types.gen';
import type * as heatmap from '@grafana/schema/dist/types/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type * as stat from '@grafana/schema/dist/types/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as table from '@grafana/schema/dist/types/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as timeseries from '@grafana/schema/dist/types/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import type * as xychart from '@grafana/schema/dist/types/raw/composable/xychart/panelcfg/x/XYChartPanelCfg_types.gen';
import type * as units from '@grafana/grafana-foundation-sdk/dist/units';

// in JSON, a value of an enum is its string or number
type Plain<T> =
    T extends string ? `${T}` :
    T extends number | boolean | null | undefined ? T :
    T extends (infer U)[] ? Plain<U>[] :
    T extends object ? { [K in keyof T]: Plain<T[K]> } :
    T;

type Unit = (typeof units)[keyof typeof units] | `suffix:${string}`;

interface DataSource {
    type: 'grafana-postgresql-datasource';
    uid: '${datasource}';
}

interface Target {
    refId: string;
    datasource: DataSource;
    editorMode: 'code';
    format: 'table' | 'time_series';
    rawQuery: true;
    rawSql: string;
}

type Defaults<Custom> = Omit<raw.FieldConfig, 'custom' | 'unit'> & { unit: Unit; custom?: Custom };

type Property<D, Custom> =
    | { [K in keyof D & string]: { id: K; value: Exclude<D[K], undefined> | null } }[keyof D & string]
    | { [K in keyof Custom & string]: { id: `custom.${K}`; value: Exclude<Custom[K], undefined> } }[keyof Custom & string];

interface Override<Custom> {
    matcher: { id: 'byName'; options: string };
    properties: Property<Required<Omit<Defaults<Custom>, 'custom'>>, Required<Custom>>[];
}

type Typed<Type extends string, Options, Custom> = Plain<
    Omit<raw.Panel, 'type' | 'datasource' | 'targets' | 'options' | 'fieldConfig' | 'title' | 'description' | 'gridPos' | 'id'> &
    Required<Pick<raw.Panel, 'title' | 'description' | 'gridPos' | 'id'>> & {
        type: Type;
        datasource: DataSource;
        targets: Target[];
        options: Options;
        fieldConfig: { defaults: Defaults<Custom>; overrides: Override<Custom>[] };
    }>;

export type BarchartPanel = Typed<'barchart', barchart.Options, barchart.FieldConfig>;
export type HeatmapPanel = Typed<'heatmap', heatmap.Options, heatmap.FieldConfig>;
export type StatPanel = Typed<'stat', stat.Options, {}>;
export type TablePanel = Typed<'table', table.Options, table.FieldConfig>;
export type TimeseriesPanel = Typed<'timeseries', timeseries.Options, timeseries.FieldConfig>;
export type XychartPanel = Typed<'xychart', xychart.Options, xychart.FieldConfig>;
export type RowPanel = Plain<Omit<Row, 'panels'> & { panels: [] }>;

// the dashboard without its panels and variables
export type Dashboard = Plain<Omit<raw.Dashboard, 'panels' | 'templating' | 'schemaVersion'> & { schemaVersion: 41 }>;
export type Variable = Plain<Omit<raw.VariableModel, 'datasource'> & { datasource?: DataSource }>;

// what must be refused
// @ts-expect-error
export const unit: Unit = 'percentunitt';
// @ts-expect-error
export const option: StatPanel['options']['textMode'] = 'values';
// @ts-expect-error
export const property: TimeseriesPanel['fieldConfig']['overrides'][0]['properties'][0] = { id: 'custom.lineWdith', value: 1 };
// @ts-expect-error
export const excess: Variable = { name: 'a', type: 'query', multy: true };
