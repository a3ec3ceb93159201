;; Frames in a stream without a bound
;; expect: CON_UNBOUNDED offset=0x207
;; monitor: - a module whose contract is refused cannot be loaded
;; contract: block Frame { pixels: u8[]; }
;; contract: contract Stream {
;; contract:   in message Start();
;; contract:   out message Next(Frame frame);
;; contract:   out message Done();
;; contract:   state Idle: one { Start? -> Running; end; }
;; contract:   state Running: one { Next! -> Running; Done! -> Idle; }
;; contract: }
(module
  (import "singula/Stream" "channel" (func $Stream.channel (result externref)))
  (import "singula/Stream" "exp.peer" (func $Stream.exp.peer (param externref) (result externref)))
  (import "singula/Stream" "exp.abandon" (func $Stream.exp.abandon (param externref)))
  (import "singula/Stream" "imp.abandon" (func $Stream.imp.abandon (param externref)))
  (func $main (export "main") (local $s externref) (local $c externref)
    (local.set $s (call $Stream.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Stream.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Stream.exp.abandon (local.get $s)) (return)))
    (call $Stream.imp.abandon (local.get $c))
    (call $Stream.exp.abandon (local.get $s))))
