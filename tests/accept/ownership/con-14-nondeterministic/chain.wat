;; Two chains begin with the same message
;; expect: OK
;; contract: contract Door {
;; contract:   in message Knock();
;; contract:   out message Open();
;; contract:   out message Stay();
;; contract:   state Shut: one { Knock? -> Heard; end; }
;; contract:   state Heard: one { Open! -> Shut; Stay! -> end; }
;; contract: }
(module
  (import "singula/Door" "channel" (func $Door.channel (result externref)))
  (import "singula/Door" "exp.peer" (func $Door.exp.peer (param externref) (result externref)))
  (import "singula/Door" "exp.abandon" (func $Door.exp.abandon (param externref)))
  (import "singula/Door" "imp.abandon" (func $Door.imp.abandon (param externref)))
  (func $main (export "main") (local $s externref) (local $c externref)
    (local.set $s (call $Door.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Door.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Door.exp.abandon (local.get $s)) (return)))
    (call $Door.imp.abandon (local.get $c))
    (call $Door.exp.abandon (local.get $s))))
