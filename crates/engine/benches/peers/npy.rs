//! Arrays of doubles as NumPy reads them: the .npy format, version 1.0, C order, little-endian.

use std::io::{self, BufWriter, Write};
use std::path::Path;

/// `columns` none writes a one-dimensional array.
pub fn write(path: &Path, values: &[f64], columns: Option<usize>) -> io::Result<()> {
    let shape = match columns {
        None => format!("({},)", values.len()),
        Some(columns) => format!("({}, {columns})", values.len() / columns),
    };
    let mut header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
    // Magic, version and length are 10 bytes; all of it is padded to 64 and ends with a line feed.
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let length = u16::try_from(header.len()).map_err(io::Error::other)?;
    let mut file = BufWriter::new(std::fs::File::create(path)?);
    file.write_all(b"\x93NUMPY\x01\x00")?;
    file.write_all(&length.to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    for value in values {
        file.write_all(&value.to_le_bytes())?;
    }
    file.flush()
}
