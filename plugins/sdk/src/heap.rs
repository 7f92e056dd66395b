//! The guest's allocator. A plugin's instance lives for one call, so memory is handed out in a row and taken back as a whole when
//! the last piece is returned; only the piece that was handed out last can be returned before.
//!
//! Beside being quick, this keeps a call to few pages of memory, which is most of what a fresh instance costs: the first pages are
//! part of the component's own memory, and none has to be asked for.
#![expect(
    unsafe_code,
    reason = "an allocator deals in raw memory; a guest has one thread, so nothing is shared"
)]

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32;
use core::cell::UnsafeCell;

/// What most calls manage with.
const FIRST_BYTES: usize = 64 * 1024;

/// Of the memory that the instance asks for when that is used up.
const PAGE_BYTES: usize = 64 * 1024;

#[repr(align(16))]
struct First(UnsafeCell<[u8; FIRST_BYTES]>);

// SAFETY: a guest has one thread.
unsafe impl Sync for First {}

static FIRST: First = First(UnsafeCell::new([0; FIRST_BYTES]));

#[derive(Clone, Copy)]
struct State {
    /// Next free address; 0 before the first call.
    next: usize,
    /// Beginning of the memory in use.
    base: usize,
    /// End of the memory that may be used.
    end: usize,
    /// Pieces that have been handed out and not returned.
    pieces: usize,
}

struct Heap(UnsafeCell<State>);

// SAFETY: a guest has one thread.
unsafe impl Sync for Heap {}

#[global_allocator]
static HEAP: Heap = Heap(UnsafeCell::new(State { next: 0, base: 0, end: 0, pieces: 0 }));

impl Heap {
    fn start(state: &mut State) {
        state.base = FIRST.0.get().addr();
        state.next = state.base;
        state.end = state.next + FIRST_BYTES;
    }

    /// Asks for more memory; what is left of the old one is not used any more unless the new one follows it.
    fn grow(state: &mut State, bytes: usize) -> bool {
        let pages = bytes.div_ceil(PAGE_BYTES).max(4);
        let first = wasm32::memory_grow(0, pages);
        if first == usize::MAX {
            return false;
        }
        let at = first * PAGE_BYTES;
        if at != state.end {
            state.base = at;
            state.next = at;
        }
        state.end = at + pages * PAGE_BYTES;
        true
    }
}

// SAFETY: pieces are disjoint, because `next` only moves past what was handed out, and back only over a piece that is
// returned, or to the beginning when no piece is out. Each is aligned as asked for.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: a guest has one thread, and no reference outlives this call.
        let state = unsafe { &mut *self.0.get() };
        if state.next == 0 {
            Self::start(state);
        }
        loop {
            let at = state.next.next_multiple_of(layout.align());
            match at.checked_add(layout.size()) {
                Some(next) if next <= state.end => {
                    state.next = next;
                    state.pieces += 1;
                    return core::ptr::with_exposed_provenance_mut(at);
                }
                Some(_) if Self::grow(state, layout.size() + layout.align()) => {}
                _ => return core::ptr::null_mut(),
            }
        }
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        // SAFETY: as above.
        let state = unsafe { &mut *self.0.get() };
        state.pieces -= 1;
        if state.pieces == 0 {
            state.next = state.base;
        } else if piece.addr() + layout.size() == state.next {
            state.next = piece.addr();
        }
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        let state = unsafe { &mut *self.0.get() };
        if piece.addr() + layout.size() == state.next && piece.addr() + size <= state.end {
            state.next = piece.addr() + size;
            return piece;
        }
        if size <= layout.size() {
            return piece;
        }
        // SAFETY: the caller's layout is a valid one with another size, as the trait demands.
        let new = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !new.is_null() {
            // SAFETY: both pieces are at least as long as the old one, and disjoint.
            unsafe { core::ptr::copy_nonoverlapping(piece, new, layout.size()) };
            // SAFETY: the old piece is not used any more.
            unsafe { self.dealloc(piece, layout) };
        }
        new
    }
}
