//! From SVG to PNG with a font that comes along, so that it looks the same on every machine.

use std::sync::Arc;

use resvg::{tiny_skia, usvg};

use crate::report::ReportError;

/// Pixels per nominal pixel.
const SCALE: f32 = 2.0;

/// Draws `svg` as PNG.
pub fn png(svg: &str) -> Result<Vec<u8>, ReportError> {
    let mut fonts = usvg::fontdb::Database::new();
    fonts.load_font_data(ttf_noto_sans::REGULAR.to_vec());
    fonts.set_sans_serif_family("Noto Sans");
    let options = usvg::Options { fontdb: Arc::new(fonts), ..usvg::Options::default() };
    let draw_error = |error: &dyn std::fmt::Display| ReportError::Draw(error.to_string());
    let tree = usvg::Tree::from_str(svg, &options).map_err(|error| draw_error(&error))?;
    let size =
        tree.size().to_int_size().scale_by(SCALE).ok_or_else(|| draw_error(&"the chart has no size"))?;
    let mut pixels = tiny_skia::Pixmap::new(size.width(), size.height())
        .ok_or_else(|| draw_error(&"the chart is too large"))?;
    resvg::render(&tree, tiny_skia::Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| draw_error(&error))
}
