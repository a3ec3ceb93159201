;; An endpoint can be sent into its own queue
;; expect: OK
;; contract: contract Loop {
;; contract:   in message Take(exp Other:Start other);
;; contract:   state Start: one { Take? -> end; end; }
;; contract: }
;; contract: contract Other {
;; contract:   in message Ping();
;; contract:   state Start: one { Ping? -> end; end; }
;; contract: }
(module
  (import "singula/Loop" "channel" (func $Loop.channel (result externref)))
  (import "singula/Loop" "exp.peer" (func $Loop.exp.peer (param externref) (result externref)))
  (import "singula/Loop" "exp.abandon" (func $Loop.exp.abandon (param externref)))
  (import "singula/Loop" "imp.abandon" (func $Loop.imp.abandon (param externref)))
  (func $main (export "main") (local $s externref) (local $c externref)
    (local.set $s (call $Loop.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Loop.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Loop.exp.abandon (local.get $s)) (return)))
    (call $Loop.imp.abandon (local.get $c))
    (call $Loop.exp.abandon (local.get $s))))
