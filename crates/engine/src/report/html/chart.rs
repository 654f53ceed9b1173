//! One way to draw a chart over time, in colours that the page's style sheet decides.
//!
//! Plotters writes fixed colours. Each role gets a colour that nothing else uses, and the finished drawing has
//! it replaced by a CSS variable: so one drawing serves light and dark. Words stay outside of drawings: only
//! numbers and dates are drawn.

use std::ops::Range;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::report::backtest::BacktestReportError;
use crate::report::plot::axis::time_ticks;
use crate::report::plot::thin;

/// What a colour is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Labels.
    Label,
    /// Grid lines.
    Grid,
    /// What is in no slot.
    Idle,
    /// A limit.
    Limit,
    /// A contestant or a limit's line, by number; repeats after eight.
    Line(usize),
    /// A slot, by number; repeats after eight.
    Slot(usize),
    /// A flag, by level.
    Flag(u8),
}

impl Role {
    fn code(self) -> u8 {
        match self {
            Self::Label => 0,
            Self::Grid => 1,
            Self::Idle => 2,
            Self::Limit => 3,
            Self::Line(number) => 16 + (number % 8) as u8,
            Self::Slot(number) => 32 + (number % 8) as u8,
            Self::Flag(level) => 48 + level.min(9),
        }
    }

    /// Its variable in the style sheet.
    pub fn variable(self) -> String {
        match self {
            Self::Label => "var(--faint)".into(),
            Self::Grid => "var(--grid)".into(),
            Self::Idle => "var(--idle)".into(),
            Self::Limit => "var(--limit)".into(),
            Self::Line(number) => format!("var(--l{})", number % 8),
            Self::Slot(number) => format!("var(--s{})", number % 8),
            Self::Flag(level) => format!("var(--f{})", level.min(9)),
        }
    }

    fn colour(self) -> RGBColor {
        RGBColor(1, 2, self.code())
    }

    fn all() -> impl Iterator<Item = Self> {
        let numbered = (0..8).flat_map(|number| [Self::Line(number), Self::Slot(number)]);
        let flags = (0..=9).map(Self::Flag);
        [Self::Label, Self::Grid, Self::Idle, Self::Limit].into_iter().chain(numbered).chain(flags)
    }
}

/// A size of drawing: one for desks, one for phones.
pub struct Canvas {
    class: &'static str,
    size: (u32, u32),
    left: u32,
    label: i32,
    dates: usize,
    heights: usize,
    buckets: usize,
}

/// Both sizes; the style sheet shows one of them.
pub const CANVASES: [Canvas; 2] = [
    Canvas { class: "wide", size: (1_000, 320), left: 62, label: 15, dates: 9, heights: 6, buckets: 360 },
    Canvas { class: "narrow", size: (420, 290), left: 56, label: 17, dates: 3, heights: 5, buckets: 150 },
];

/// A line, or an area down to zero.
pub struct Curve<'a> {
    /// Its colour.
    pub role: Role,
    /// Ascending in time.
    pub points: &'a [(i64, f64)],
    /// Thickness, pixels; zero for an area without an edge.
    pub width: u32,
    /// How much of the colour the area below gets; none for a line.
    pub fill: Option<f64>,
}

/// A chart.
pub struct Plot<'a> {
    /// What a screen reader says.
    pub label: String,
    /// Start and end, unix seconds.
    pub time: (i64, i64),
    /// Lowest and highest value.
    pub heights: Range<f64>,
    /// Painted in this order.
    pub curves: Vec<Curve<'a>>,
    /// Upright lines: when, and in which colour.
    pub marks: Vec<(i64, Role)>,
    /// A level line.
    pub limit: Option<f64>,
    /// How a value is written.
    pub format: &'a dyn Fn(f64) -> String,
}

impl Plot<'_> {
    /// The drawing in both sizes.
    pub fn svg(&self) -> Result<String, BacktestReportError> {
        CANVASES.iter().map(|canvas| self.on(canvas)).collect()
    }

    fn on(&self, canvas: &Canvas) -> Result<String, BacktestReportError> {
        let mut svg = String::new();
        {
            let root = SVGBackend::with_string(&mut svg, canvas.size).into_drawing_area();
            self.draw(canvas, &root).map_err(|error| BacktestReportError::Draw(error.to_string()))?;
            root.present().map_err(|error| BacktestReportError::Draw(error.to_string()))?;
        }
        let body = svg.split_once('>').map_or("", |(_, body)| body);
        let (width, height) = canvas.size;
        let label = maud::html! { (self.label) }.into_string();
        let head = format!(
            "<svg class=\"{}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{label}\">",
            canvas.class
        );
        Ok(Role::all().fold(head + body, |svg, role| {
            svg.replace(&format!("#0102{:02X}", role.code()), &role.variable())
        }))
    }

    fn draw(
        &self,
        canvas: &Canvas,
        root: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let (from_ts, to_ts) = (self.time.0, self.time.1.max(self.time.0.saturating_add(1)));
        let (bottom, top) = (self.heights.start, self.heights.end);
        let mut chart = ChartBuilder::on(root)
            .margin_top(10)
            .margin_right(12)
            .set_label_area_size(LabelAreaPosition::Left, canvas.left)
            .set_label_area_size(LabelAreaPosition::Bottom, 30)
            .build_cartesian_2d(from_ts..to_ts, bottom..top)?;
        let text = ("sans-serif", canvas.label).into_font().color(&Role::Label.colour());
        chart
            .configure_mesh()
            .disable_x_mesh()
            .disable_x_axis()
            .y_labels(canvas.heights)
            .y_max_light_lines(1)
            .bold_line_style(Role::Grid.colour())
            .light_line_style(TRANSPARENT)
            .axis_style(Role::Grid.colour())
            .y_label_formatter(&|value| (self.format)(*value))
            .y_label_style(text.clone())
            .draw()?;
        let ticks = time_ticks(from_ts, to_ts, canvas.dates);
        let upright = |ts: i64| vec![(ts, bottom), (ts, top)];
        chart.draw_series(ticks.iter().map(|(ts, _)| PathElement::new(upright(*ts), Role::Grid.colour())))?;
        for curve in &self.curves {
            // Areas are stacked: all must be thinned alike, so by position; lines keep their extremes.
            let points = match curve.fill {
                Some(_) if curve.width == 0 => {
                    let kept = thin::spread(curve.points.len(), canvas.buckets);
                    kept.into_iter().filter_map(|at| curve.points.get(at).copied()).collect()
                }
                _ => thin::extremes(curve.points, canvas.buckets),
            };
            if let Some(share) = curve.fill {
                chart.draw_series(AreaSeries::new(points.clone(), 0.0, curve.role.colour().mix(share)))?;
            }
            if curve.width > 0 {
                chart.draw_series(LineSeries::new(points, curve.role.colour().stroke_width(curve.width)))?;
            }
        }
        if let Some(limit) = self.limit {
            let line = vec![(from_ts, limit), (to_ts, limit)];
            chart.draw_series([PathElement::new(line, Role::Limit.colour().stroke_width(2))])?;
        }
        for (ts, role) in self.marks.iter().filter(|mark| (from_ts..=to_ts).contains(&mark.0)) {
            chart.draw_series([PathElement::new(upright(*ts), role.colour().stroke_width(1))])?;
            let (x, y) = chart.backend_coord(&(*ts, top));
            root.draw(&Polygon::new(vec![(x - 5, y), (x + 5, y), (x, y + 9)], role.colour().filled()))?;
        }
        for (ts, date) in &ticks {
            let (x, y) = chart.backend_coord(&(*ts, bottom));
            let style = text.clone().pos(Pos::new(HPos::Center, VPos::Top));
            root.draw_text(date, &style, (x, y + 9))?;
        }
        Ok(())
    }
}

/// The range of `values` with some air; never empty.
pub fn range_of(values: impl Iterator<Item = f64> + Clone) -> Range<f64> {
    let low = values.clone().fold(f64::INFINITY, f64::min);
    let high = values.fold(f64::NEG_INFINITY, f64::max);
    if low > high {
        return 0.0..1.0;
    }
    let air = ((high - low) * 0.06).max(high.abs() * 1e-4).max(1e-9);
    low - air..high + air
}
