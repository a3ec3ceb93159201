;; The start is right, a later state is not
;; expect: OK
;; contract: contract Game {
;; contract:   in message Begin();
;; contract:   in message Move(u8 at);
;; contract:   out message Answer(u8 at);
;; contract:   out message Won();
;; contract:   state Idle: one { Begin? -> Turn; end; }
;; contract:   state Turn: Move? -> Played;
;; contract:   state Played: one { Answer! -> Turn; Won! -> Idle; }
;; contract: }
(module
  (import "singula/Game" "channel" (func $Game.channel (result externref)))
  (import "singula/Game" "exp.peer" (func $Game.exp.peer (param externref) (result externref)))
  (import "singula/Game" "exp.abandon" (func $Game.exp.abandon (param externref)))
  (import "singula/Game" "imp.abandon" (func $Game.imp.abandon (param externref)))
  (func $main (export "main") (local $s externref) (local $c externref)
    (local.set $s (call $Game.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Game.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Game.exp.abandon (local.get $s)) (return)))
    (call $Game.imp.abandon (local.get $c))
    (call $Game.exp.abandon (local.get $s))))
