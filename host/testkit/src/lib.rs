//! Simulated clock, flaky ports, replay camera, scene renderer and oracle for the tests and the demo.
