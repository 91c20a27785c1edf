import '@mantine/charts/styles.css';
import { BarChart, type ChartSeries } from '@mantine/charts';
import { Text, Title, VisuallyHidden } from '@mantine/core';
import type { components } from '@pagekeeper/client';
import { formatUtcDate, plural } from '../shell/format.ts';
import style from './overview.module.css';

type OverviewData = components['schemas']['Overview'];

/** What came and was answered, and whose login ends when. */
export default function Charts({ days, expiring }: Pick<OverviewData, 'days' | 'expiring'>) {
  const ending = expiring.reduce((sum, { count }) => sum + count, 0);
  return (
    <div className={style.charts}>
      <Chart
        title="Events and replies"
        caption="Each day of the last two weeks (UTC)."
        data={days.map(({ date, events, replies }) => ({ label: dayOf(date), events, replies }))}
        series={[
          { name: 'events', label: 'Events', color: 'var(--chart-one)' },
          { name: 'replies', label: 'Replies', color: 'var(--chart-two)' },
        ]}
      />
      <Chart
        title="Logins that end"
        caption={
          ending === 0
            ? 'None within 60 days.'
            : `${plural(ending, 'page')} within 60 days, by week. Each is renewed before, where Facebook allows it.`
        }
        data={weeksOf(expiring)}
        series={[{ name: 'pages', label: 'Pages', color: 'var(--chart-three)' }]}
      />
    </div>
  );
}

interface ChartProps {
  title: string;
  caption: string;
  data: ({ label: string } & Record<string, string | number>)[];
  series: (ChartSeries & { label: string })[];
}

/** A chart for those who see, and the same as a table for those who listen. */
function Chart({ title, caption, data, series }: ChartProps) {
  return (
    <figure className={style.chart}>
      <Title order={2} size="h3">
        {title}
      </Title>
      <figcaption>{caption}</figcaption>
      <div aria-hidden="true">
        <BarChart
          h={230}
          data={data}
          dataKey="label"
          series={series}
          withLegend={series.length > 1}
          gridAxis="x"
          tickLine="none"
          maxBarWidth={18}
          barChartProps={{ accessibilityLayer: false, margin: { left: -18 } }}
          barProps={{ radius: [4, 4, 0, 0], isAnimationActive: false }}
          yAxisProps={{ allowDecimals: false }}
        />
      </div>
      <VisuallyHidden>
        <table>
          <caption>{title}</caption>
          <thead>
            <tr>
              <th scope="col">When</th>
              {series.map(({ name, label }) => (
                <th key={name} scope="col">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {data.map(row => (
              <tr key={row.label}>
                <th scope="row">{row.label}</th>
                {series.map(({ name }) => (
                  <td key={name}>{row[name]}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </VisuallyHidden>
      {data.length === 0 && <Text>Nothing to show.</Text>}
    </figure>
  );
}

/** "28 Nov" of "2026-11-28". */
const dayOf = (date: string): string => formatUtcDate(`${date}T12:00:00Z`).replace(/ \d{4}$/, '');

const weekMs = 7 * 86_400_000;
const weeks = 9;

/** 60 days from today on, by weeks that begin on the day of today. */
function weeksOf(expiring: OverviewData['expiring']): { label: string; pages: number }[] {
  const begin = Date.parse(`${new Date().toISOString().slice(0, 10)}T00:00:00Z`);
  return Array.from({ length: weeks }, (_, index) => {
    const from = begin + index * weekMs;
    const inWeek = expiring.filter(({ date }) => {
      const at = Date.parse(`${date}T00:00:00Z`);
      return at >= from && at < from + weekMs;
    });
    return {
      label: dayOf(new Date(from).toISOString().slice(0, 10)),
      pages: inWeek.reduce((sum, { count }) => sum + count, 0),
    };
  });
}
