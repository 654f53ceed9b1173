//! Base58 as Bitcoin and Solana write it. Here because the JSON-RPC answers hold instruction data and keys in
//! it, and nothing else needs it.

const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// The bytes that `text` stands for; the first character that is not of the alphabet otherwise. Time grows with
/// the square of the length, so callers limit it.
pub fn decode(text: &str) -> Result<Vec<u8>, char> {
    let zeros = text.bytes().take_while(|byte| *byte == b'1').count();
    // Little-endian base 256.
    let mut bytes: Vec<u8> = Vec::with_capacity(text.len());
    for letter in text.chars() {
        let digit = ALPHABET.iter().position(|known| char::from(*known) == letter).ok_or(letter)?;
        let mut carry = digit as u32;
        for byte in &mut bytes {
            carry += u32::from(*byte) * 58;
            *byte = (carry & 0xff) as u8;
            carry >>= 8;
        }
        while carry > 0 {
            bytes.push((carry & 0xff) as u8);
            carry >>= 8;
        }
    }
    bytes.extend(std::iter::repeat_n(0, zeros));
    bytes.reverse();
    Ok(bytes)
}

/// `bytes` as text.
pub fn encode(bytes: &[u8]) -> String {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    // Little-endian base 58.
    let mut digits: Vec<u8> = Vec::with_capacity(bytes.len() * 138 / 100 + 1);
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = (carry % 58) as u8;
            carry /= 58;
        }
        while carry > 0 {
            digits.push((carry % 58) as u8);
            carry /= 58;
        }
    }
    let letters = digits.iter().rev().filter_map(|digit| ALPHABET.get(usize::from(*digit)));
    std::iter::repeat_n('1', zeros).chain(letters.map(|letter| char::from(*letter))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors of the Internet-Draft "The Base58 Encoding Scheme" (draft-msporny-base58), and Solana's system
    /// program.
    #[test]
    fn published_vectors() {
        let cases: [(&[u8], &str); 5] = [
            (b"Hello World!", "2NEpo7TZRRrLZSi2U"),
            (
                b"The quick brown fox jumps over the lazy dog.",
                "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z",
            ),
            (&[0, 0, 0x28, 0x7f, 0xb4, 0xcd], "11233QC4"),
            (&[0; 32], "11111111111111111111111111111111"),
            (b"", ""),
        ];
        for (bytes, text) in cases {
            assert_eq!(encode(bytes), text);
            assert_eq!(decode(text).unwrap(), bytes, "{text}");
        }
    }

    #[test]
    fn other_letters_are_refused() {
        for (text, letter) in [("0", '0'), ("abcO", 'O'), ("I1", 'I'), ("l", 'l'), ("é", 'é'), (" 1", ' ')]
        {
            assert_eq!(decode(text), Err(letter));
        }
    }

    #[test]
    fn a_round_trip_keeps_every_byte() {
        let mut state = 1u64;
        for length in 0..200 {
            let bytes: Vec<u8> = (0..length)
                .map(|at| {
                    state =
                        state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    if at < length % 4 { 0 } else { (state >> 56) as u8 }
                })
                .collect();
            assert_eq!(decode(&encode(&bytes)).unwrap(), bytes);
        }
    }
}
