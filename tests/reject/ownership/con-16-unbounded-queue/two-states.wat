;; A cycle through two states, all of it in one direction
;; expect: CON_UNBOUNDED offset=0x1a7
;; monitor: - a module whose contract is refused cannot be loaded
;; contract: contract Clock {
;; contract:   out message Tick();
;; contract:   out message Tock();
;; contract:   state Left: Tick! -> Right;
;; contract:   state Right: Tock! -> Again;
;; contract:   state Again: one { Tick! -> Right; end; }
;; contract: }
(module
  (import "singula/Clock" "channel" (func $Clock.channel (result externref)))
  (import "singula/Clock" "exp.peer" (func $Clock.exp.peer (param externref) (result externref)))
  (import "singula/Clock" "exp.abandon" (func $Clock.exp.abandon (param externref)))
  (import "singula/Clock" "imp.abandon" (func $Clock.imp.abandon (param externref)))
  (func $main (export "main") (local $s externref) (local $c externref)
    (local.set $s (call $Clock.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Clock.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Clock.exp.abandon (local.get $s)) (return)))
    (call $Clock.imp.abandon (local.get $c))
    (call $Clock.exp.abandon (local.get $s))))
