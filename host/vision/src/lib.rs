//! Detect, track and read: from a frame to a plate read. ONNX Runtime lives here and nowhere else.
