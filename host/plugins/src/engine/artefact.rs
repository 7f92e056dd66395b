//! A compiled component as it goes from the worker to the host and lies in the cache: a mark, the SHA-256 of the machine
//! code, the machine code.

use sha2::{Digest as _, Sha256};

/// First bytes; the number goes up when the layout changes.
const MARK: &[u8; 8] = b"OVRCWA01";

/// Largest artefact: machine code is two to four times the size of a component.
pub(crate) const ARTEFACT_BYTES_MAX: u64 = 64 << 20;

/// Puts mark and digest before the machine code.
pub(crate) fn seal(code: &[u8]) -> Vec<u8> {
    let digest = Sha256::digest(code);
    [MARK.as_slice(), digest.as_slice(), code].concat()
}

/// The machine code, when mark and digest are right.
pub(crate) fn open(sealed: &[u8]) -> Option<&[u8]> {
    let (mark, rest) = sealed.split_first_chunk::<8>()?;
    let (digest, code) = rest.split_first_chunk::<32>()?;
    (mark == MARK && Sha256::digest(code).as_slice() == digest).then_some(code)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_sealed_artefact_opens_and_a_damaged_one_does_not(
            code in prop::collection::vec(any::<u8>(), 0..200),
            at in any::<prop::sample::Index>(),
            flip in 1..=255_u8,
        ) {
            let mut sealed = seal(&code);
            prop_assert_eq!(open(&sealed), Some(code.as_slice()));
            prop_assert_eq!(open(&sealed[..sealed.len() - 1]), None);
            let index = at.index(sealed.len());
            sealed[index] ^= flip;
            prop_assert_eq!(open(&sealed), None);
        }
    }
}
