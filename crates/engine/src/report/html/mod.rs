//! A back-test as one HTML file: no scripts, fonts or pictures from elsewhere, charts as SVG inside it.

mod chart;
mod figures;
mod page;
mod tables;

use std::path::Path;

pub use page::render_html;

use super::ReportError;
use super::backtest::BacktestReport;

/// Writes the page to `path`; nothing is written unless all of it could be drawn.
pub fn write_html(report: &BacktestReport, path: &Path) -> Result<(), ReportError> {
    let page = render_html(report).map_err(|error| ReportError::Draw(error.to_string()))?;
    std::fs::write(path, page)
        .map_err(|source| ReportError::Write { path: path.display().to_string(), source })
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
