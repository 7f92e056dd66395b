//! Expands patterns into variants of fixed length and groups them by shape.
#![expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, where iterators cannot be used: an index out of range is a compile error"
)]

use super::{CODE_CHARS_MAX, DRAFT, Draft, Tables, ln};
use crate::pack::{Class, FormatRow, NO_SEGMENT, Shape, TEXT_CHARS_MAX, Variant};
use crate::pattern::{DIGITS, Element, Elements, NO_CODES, parse, refuse};
use crate::table::Country;

impl Tables {
    /// Index of a class, which is added when it is new.
    const fn class(&mut self, mask: u128, segment: u16, depth: u8) -> u8 {
        let mask = [mask as u64, (mask >> 64) as u64];
        let mut at = 0;
        while at < self.classes.count {
            let other = &self.classes.items[at];
            if other.mask[0] == mask[0]
                && other.mask[1] == mask[1]
                && other.segment == segment
                && other.depth == depth
            {
                return at as u8;
            }
            at += 1;
        }
        self.classes.push(Class { mask, segment, depth });
        at as u8
    }

    /// Expands a format into its variants and spreads its weight evenly over all texts that it admits.
    pub(super) const fn add_format(&mut self, country: &Country, country_index: u8, format_index: usize) {
        let format = &country.formats[format_index];
        let elements = parse(country, format.pattern, format.id, &mut self.alphabet);
        let first_draft = self.drafts.count;
        let mut texts = 0.0;
        // The choice of an element: for a code list the number of characters, else 0 (missing) or 1.
        let mut choices = [0; crate::pattern::ELEMENTS_MAX];
        if !self.first_choice(&elements, &mut choices, 0, country_index) {
            refuse(format.id, "a code list of the pattern is empty");
        }
        loop {
            let chars = sum(&choices, elements.count);
            if chars >= 1
                && chars >= format.chars_min as usize
                && chars <= format.chars_max as usize
                && chars <= TEXT_CHARS_MAX
            {
                texts += self.add_draft(&elements, &choices, country_index, first_draft);
            }
            if !self.next_choice(&elements, &mut choices, country_index) {
                break;
            }
        }
        if self.drafts.count == first_draft {
            refuse(
                format.id,
                "no text of the pattern has between chars_min and chars_max (at most 16) characters",
            );
        }
        let log_weight = (ln(format.weight as f64) - ln(texts)) as f32;
        let family = self.family(country, country_index, format.id);
        self.formats.push(FormatRow {
            log_weight,
            country: country_index,
            index: format_index as u16,
            family,
        });
    }

    /// The first row of the country with an id; the next row to be added when there is none.
    const fn family(&self, country: &Country, country_index: u8, id: &str) -> u16 {
        let mut at = 0;
        while at < self.formats.count {
            let other = &self.formats.items[at];
            if other.country == country_index && same_text(country.formats[other.index as usize].id, id) {
                break;
            }
            at += 1;
        }
        at as u16
    }

    /// The next greater choice of an element, if there is one.
    const fn greater_choice(&self, element: &Element, choice: u8, country: u8) -> Option<u8> {
        if element.codes == NO_CODES {
            return if choice == 0 { Some(1) } else { None };
        }
        let mut chars = choice + 1;
        while chars as usize <= CODE_CHARS_MAX {
            if self.segment(country, element.codes, chars).is_some() {
                return Some(chars);
            }
            chars += 1;
        }
        None
    }

    /// Sets the elements from `from` on to their least choices.
    const fn first_choice(
        &self,
        elements: &Elements,
        choices: &mut [u8; 24],
        from: usize,
        country: u8,
    ) -> bool {
        let mut at = from;
        while at < elements.count {
            choices[at] = 0;
            if !elements.items[at].optional {
                match self.greater_choice(&elements.items[at], 0, country) {
                    Some(choice) => choices[at] = choice,
                    None => return false,
                }
            }
            at += 1;
        }
        true
    }

    /// The next combination of choices: the last elements change fastest, short codes come before long ones.
    const fn next_choice(&self, elements: &Elements, choices: &mut [u8; 24], country: u8) -> bool {
        let mut at = elements.count;
        while at > 0 {
            at -= 1;
            if let Some(choice) = self.greater_choice(&elements.items[at], choices[at], country) {
                choices[at] = choice;
                return self.first_choice(elements, choices, at + 1, country);
            }
        }
        false
    }

    /// Adds one variant and tells how many texts it admits; 0 when the format has it already.
    const fn add_draft(
        &mut self,
        elements: &Elements,
        choices: &[u8; 24],
        country: u8,
        first_draft: usize,
    ) -> f64 {
        let mut draft =
            Draft { variant: Variant { format: self.formats.count as u16, ..DRAFT.variant }, ..DRAFT };
        let (mut chars, mut gap, mut mark, mut texts, mut kinds, mut at) = (0_usize, false, false, 1.0, 0, 0);
        while at < elements.count {
            let element = &elements.items[at];
            gap |= element.gap;
            mark |= element.mark;
            let mut segment = NO_SEGMENT;
            if element.codes != NO_CODES && choices[at] > 0 {
                if let Some(index) = self.segment(country, element.codes, choices[at]) {
                    segment = index as u16;
                    texts *= self.segments.items[index].count as f64;
                }
            } else if choices[at] > 0 {
                texts *= element.mask.count_ones() as f64;
            }
            let mut depth = 0;
            while depth < choices[at] {
                let mask = if segment == NO_SEGMENT {
                    element.mask
                } else {
                    self.segment_mask(segment as usize, depth)
                };
                draft.classes[chars] = self.class(mask, segment, depth);
                draft.elements[chars] = element.at;
                draft.variant.gaps |= ((gap && chars > 0) as u16) << chars;
                draft.variant.marks |= (mark as u16) << chars;
                draft.variant.inside |= ((depth > 0) as u16) << chars;
                let kind = if mask & DIGITS == 0 { 1 } else { 2 * (mask & !DIGITS != 0) as u32 };
                kinds |= kind << (2 * chars);
                (gap, mark) = (false, false);
                chars += 1;
                depth += 1;
            }
            at += 1;
        }
        draft.chars = chars as u8;
        let mut other = first_draft;
        while other < self.drafts.count {
            if same_classes(&self.drafts.items[other], &draft) {
                return 0.0;
            }
            other += 1;
        }
        draft.shape = self.shape(kinds, chars as u8);
        self.drafts.push(draft);
        texts
    }

    /// Index of a shape, which is added when it is new.
    const fn shape(&mut self, kinds: u32, chars: u8) -> u16 {
        let mut at = 0;
        while at < self.shapes.count {
            if self.shapes.items[at].kinds == kinds && self.shapes.items[at].chars == chars {
                return at as u16;
            }
            at += 1;
        }
        self.shapes.push(Shape {
            kinds,
            variants_at: 0,
            variants: 0,
            log_weight_max: f32::MIN,
            chars,
            marks: 0,
        });
        at as u16
    }

    /// Orders shapes by length and variants by shape.
    pub(super) const fn group(&mut self) {
        let drafted = self.shapes;
        self.shapes.count = 0;
        let mut chars = 0;
        while chars <= TEXT_CHARS_MAX {
            self.shapes_at[chars] = self.shapes.count as u16;
            let mut shape = 0;
            while shape < drafted.count {
                if drafted.items[shape].chars as usize == chars {
                    self.group_shape(drafted.items[shape], shape as u16);
                }
                shape += 1;
            }
            chars += 1;
        }
        self.shapes_at[TEXT_CHARS_MAX + 1] = self.shapes.count as u16;
    }

    const fn group_shape(&mut self, mut shape: Shape, drafted: u16) {
        shape.variants_at = self.variants.count as u16;
        let mut at = 0;
        while at < self.drafts.count {
            let draft = self.drafts.items[at];
            if draft.shape == drafted {
                assert!(
                    self.slots.count < u16::MAX as usize,
                    "the pack is too large: split it into two plugins"
                );
                let FormatRow { log_weight, country, .. } = self.formats.items[draft.variant.format as usize];
                self.variants.push(Variant {
                    slots_at: self.slots.count as u16,
                    log_weight,
                    country,
                    ..draft.variant
                });
                shape.marks |= draft.variant.marks;
                let mut slot = 0;
                while slot < draft.chars as usize {
                    self.slots.push(draft.classes[slot]);
                    self.elements.push(draft.elements[slot]);
                    slot += 1;
                }
                if log_weight > shape.log_weight_max {
                    shape.log_weight_max = log_weight;
                }
            }
            at += 1;
        }
        shape.variants = self.variants.count as u16 - shape.variants_at;
        self.shapes.push(shape);
    }
}

const fn same_classes(a: &Draft, b: &Draft) -> bool {
    if a.chars != b.chars {
        return false;
    }
    let mut at = 0;
    while at < a.chars as usize {
        if a.classes[at] != b.classes[at] {
            return false;
        }
        at += 1;
    }
    true
}

const fn same_text(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

const fn sum(choices: &[u8; 24], count: usize) -> usize {
    let (mut total, mut at) = (0, 0);
    while at < count {
        total += choices[at] as usize;
        at += 1;
    }
    total
}
