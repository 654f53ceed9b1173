//! The panels, top to bottom. All share the time axis and its grid.

use plotters::coord::Shift;
use plotters::coord::types::{RangedCoordf64, RangedCoordi64};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::time_ticks;
use super::{Drawn, thin};
use crate::report::{EventKind, ReplayReport};
use crate::stats;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordi64, RangedCoordf64>>;

/// Text.
pub const INK: RGBColor = RGBColor(33, 37, 41);
/// Lesser text.
pub const FAINT_INK: RGBColor = RGBColor(90, 98, 106);
const GRID: RGBColor = RGBColor(226, 230, 234);
const BLUE: RGBColor = RGBColor(31, 102, 176);
const RED: RGBColor = RGBColor(192, 57, 43);
const IDLE: RGBColor = RGBColor(206, 212, 218);
/// Told apart also by people who see few colours; one for each slot of a vault.
const SLOTS: [RGBColor; 8] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(213, 94, 0),
    RGBColor(240, 228, 66),
    RGBColor(110, 80, 160),
];

const LEFT: u32 = 96;
const RIGHT: u32 = 28;
const TITLE: i32 = 15;
const LABEL: i32 = 13;
/// Room above a panel for its title and legend.
const TOP: u32 = 28;
/// Room below the last panel for dates.
const DATES: u32 = 26;
const MOST_TICKS: usize = 9;
const BUCKETS: usize = 900;

/// What the panels share.
pub struct Frame {
    from_ts: i64,
    to_ts: i64,
    ticks: Vec<(i64, String)>,
    equity: Vec<(i64, f64)>,
}

impl Frame {
    /// The time axis of `report`.
    pub fn new(report: &ReplayReport) -> Self {
        let from_ts = report.rows.first().map_or(0, |row| row.ts);
        let to_ts = report.rows.last().map_or(1, |row| row.ts).max(from_ts + 1);
        let ticks = time_ticks(from_ts, to_ts, MOST_TICKS);
        Self { from_ts, to_ts, ticks, equity: report.equity() }
    }

    /// A chart with the grid of the time axis and `labels` on the left.
    fn chart<'a, 'b>(
        &self,
        area: &'a Area<'b>,
        heights: std::ops::Range<f64>,
        labels: usize,
        format: &dyn Fn(&f64) -> String,
    ) -> Result<Chart<'a, 'b>, Box<dyn std::error::Error>> {
        let (bottom, top) = (heights.start, heights.end);
        let mut chart = ChartBuilder::on(area)
            .margin_top(TOP)
            .margin_right(RIGHT)
            .margin_bottom(6)
            .set_label_area_size(LabelAreaPosition::Left, LEFT)
            .build_cartesian_2d(self.from_ts..self.to_ts, heights)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .disable_x_axis()
            .y_labels(labels)
            .y_max_light_lines(1)
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .axis_style(GRID)
            .y_label_formatter(&|value| format(value))
            .y_label_style(("sans-serif", LABEL).into_font().color(&FAINT_INK))
            .draw()?;
        let line = |ts: &i64| PathElement::new(vec![(*ts, bottom), (*ts, top)], GRID);
        chart.draw_series(self.ticks.iter().map(|(ts, _)| line(ts)))?;
        Ok(chart)
    }
}

/// Share price.
pub fn price(frame: &Frame, report: &ReplayReport, area: &Area<'_>) -> Drawn {
    let values = || frame.equity.iter().map(|point| point.1);
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let room = ((high - low) * 0.06).max(high.abs() * 1e-6);
    let decimals = decimals_for(high - low + 2.0 * room);
    let mut chart = frame.chart(area, low - room..high + room, 6, &|value| format!("{value:.decimals$}"))?;
    chart.draw_series(LineSeries::new(thin::extremes(&frame.equity, BUCKETS), BLUE.stroke_width(2)))?;
    title(area, &format!("Share price ({} per share)", report.meta.asset))
}

/// Fall from the highest share price so far.
pub fn drawdown(frame: &Frame, report: &ReplayReport, area: &Area<'_>) -> Drawn {
    let depth = report.summary.returns.drawdown.depth;
    let floor = if depth < 0.0 { depth * 1.12 } else { -0.001 };
    let decimals = decimals_for(-floor * 100.0);
    let mut chart = frame.chart(area, floor..0.0, 4, &|value| {
        // Adding zero turns -0 into 0.
        let percent = (value * 100.0 * 1e6).round() / 1e6 + 0.0;
        format!("{percent:.decimals$}%")
    })?;
    let falls = thin::extremes(&stats::drawdowns(&frame.equity), BUCKETS);
    chart.draw_series(AreaSeries::new(falls, 0.0, RED.mix(0.25)).border_style(RED.stroke_width(1)))?;
    title(area, "Drawdown from the highest share price")
}

/// Where the money is, stacked.
pub fn weights(frame: &Frame, report: &ReplayReport, area: &Area<'_>) -> Drawn {
    let mut chart = frame.chart(area, 0.0..1.0, 5, &|value| format!("{:.0}%", value * 100.0))?;
    let rows: Vec<_> =
        thin::spread(report.rows.len(), BUCKETS).into_iter().filter_map(|at| report.rows.get(at)).collect();
    // Idle is what the slots leave over: paint all of it first, then the slots from the top of the stack down.
    let full = rows.iter().map(|row| (row.ts, if row.total_assets_atoms > 0 { 1.0 } else { 0.0 }));
    chart.draw_series(AreaSeries::new(full, 0.0, IDLE))?;
    for slot in (0..report.meta.strategies.len()).rev() {
        let stacked = rows.iter().map(|row| {
            let below: f64 = row.values_atoms.iter().take(slot + 1).map(|value| row.weight(*value)).sum();
            (row.ts, below.min(1.0))
        });
        chart.draw_series(AreaSeries::new(stacked, 0.0, SLOTS[slot % SLOTS.len()]))?;
    }
    let slots = report.meta.strategies.iter().zip(SLOTS.iter().cycle());
    let mut entries: Vec<(&str, RGBColor)> = slots.map(|(name, colour)| (name.as_str(), *colour)).collect();
    entries.push(("idle", IDLE));
    title(area, "Weights")?;
    legend(area, &entries)
}

/// A row of marks for each kind of event that occurred, and the dates.
pub fn events(frame: &Frame, report: &ReplayReport, area: &Area<'_>) -> Drawn {
    const MARK: f64 = 0.34;
    let mut kinds: Vec<EventKind> = report.events.iter().map(|event| event.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let (width, height) = area.dim_in_pixel();
    let (area_of_marks, dates) = area.split_vertically(height.saturating_sub(DATES));
    let rows = kinds.len().max(1) as f64;
    let mut chart = ChartBuilder::on(&area_of_marks)
        .margin_top(TOP)
        .margin_right(RIGHT)
        .set_label_area_size(LabelAreaPosition::Left, LEFT)
        .build_cartesian_2d(frame.from_ts..frame.to_ts, 0.0..rows)?;
    let grid = |ts: &i64| PathElement::new(vec![(*ts, 0.0), (*ts, rows)], GRID);
    chart.draw_series(frame.ticks.iter().map(|(ts, _)| grid(ts)))?;
    for (row, kind) in kinds.iter().rev().enumerate() {
        let (name, colour) = look(*kind);
        let centre = row as f64 + 0.5;
        let pixels_apart = (frame.to_ts - frame.from_ts) / i64::from(width.max(1));
        let mut last = i64::MIN;
        let marks = report.events.iter().filter(|event| event.kind == *kind && event.ts >= frame.from_ts);
        // Marks that would fall on one pixel are drawn once.
        let marks = marks.filter(|event| {
            let apart = event.ts.saturating_sub(last) > pixels_apart;
            last = if apart { event.ts } else { last };
            apart
        });
        let mark = |ts: i64| {
            PathElement::new(vec![(ts, centre - MARK), (ts, centre + MARK)], colour.stroke_width(2))
        };
        chart.draw_series(marks.map(|event| mark(event.ts.min(frame.to_ts))))?;
        let (_, y) = chart.backend_coord(&(frame.from_ts, centre));
        let anchor = Pos::new(HPos::Right, VPos::Center);
        let style = ("sans-serif", LABEL).into_text_style(&area_of_marks).color(&FAINT_INK).pos(anchor);
        let top = area_of_marks.get_pixel_range().1.start;
        area_of_marks.draw_text(name, &style, (LEFT as i32 - 8, y - top))?;
    }
    for (ts, label) in &frame.ticks {
        let (x, _) = chart.backend_coord(&(*ts, 0.0));
        let style = ("sans-serif", LABEL)
            .into_text_style(&dates)
            .color(&FAINT_INK)
            .pos(Pos::new(HPos::Center, VPos::Top));
        dates.draw_text(label, &style, (x, 6))?;
    }
    title(area, if kinds.is_empty() { "Events (none), dates in UTC" } else { "Events, dates in UTC" })
}

fn look(kind: EventKind) -> (&'static str, RGBColor) {
    match kind {
        EventKind::DecisionAccepted => ("accepted", RGBColor(0, 158, 115)),
        EventKind::DecisionRejected => ("rejected", RED),
        EventKind::Refused => ("refused", RGBColor(204, 121, 167)),
        EventKind::OracleFlag => ("oracle flag", RGBColor(230, 159, 0)),
        EventKind::Breaker => ("breaker", RGBColor(120, 40, 140)),
        EventKind::Flow => ("in and out", BLUE),
    }
}

fn title(area: &Area<'_>, text: &str) -> Drawn {
    area.draw_text(text, &("sans-serif", TITLE).into_text_style(area).color(&INK), (LEFT as i32, 7))?;
    Ok(())
}

/// Names with their colours, right-aligned on the title's line; long names are cut so that all fit.
fn legend(area: &Area<'_>, entries: &[(&str, RGBColor)]) -> Drawn {
    const BOX: i32 = 11;
    const GAP: i32 = 16;
    let first = LEFT as i32 + 70;
    let right = area.dim_in_pixel().0 as i32 - RIGHT as i32 + GAP;
    let width_of = |letters: usize| BOX + 5 + text_width(letters) + GAP;
    let cut = |most: usize| entries.iter().map(move |(name, _)| name.chars().count().min(most));
    let total = |most: usize| cut(most).map(width_of).sum::<i32>();
    let longest = cut(usize::MAX).max().unwrap_or(0);
    let most = (4..=longest).rev().find(|most| total(*most) <= right - first).unwrap_or(4);
    let mut x = (right - total(most)).max(first);
    let style = ("sans-serif", LABEL).into_text_style(area).color(&FAINT_INK);
    for ((name, colour), letters) in entries.iter().zip(cut(most)) {
        area.draw(&Rectangle::new([(x, 9), (x + BOX, 9 + BOX)], colour.filled()))?;
        area.draw_text(&shortened(name, letters), &style, (x + BOX + 5, 8))?;
        x += width_of(letters);
    }
    Ok(())
}

/// Width of `letters` in a label, pixels. There are no font metrics here: a sans-serif letter is a little over
/// half as wide as it is high.
fn text_width(letters: usize) -> i32 {
    (letters as f64 * f64::from(LABEL) * 0.56).ceil() as i32
}

/// `name` cut to `letters`; an ellipsis stands for its middle, since names differ at their ends.
fn shortened(name: &str, letters: usize) -> String {
    let count = name.chars().count();
    if count <= letters {
        return name.into();
    }
    let kept = letters.saturating_sub(1);
    let tail = kept / 2;
    name.chars().take(kept - tail).chain(['…']).chain(name.chars().skip(count - tail)).collect()
}

/// Decimals that tell the labels of a range of `span` apart.
fn decimals_for(span: f64) -> usize {
    let digits = 1.0 - span.max(1e-9).log10().floor();
    digits.clamp(0.0, 8.0) as usize
}
