;; A cycle without an answer
;; expect: OK
;; contract: contract Log {
;; contract:   in message Line(u8 level);
;; contract:   out message Noted();
;; contract:   state Open: one { Line? -> Noted! -> Open; end; }
;; contract: }
(module
  (import "singula/Log" "channel" (func $Log.channel (result externref)))
  (import "singula/Log" "exp.peer" (func $Log.exp.peer (param externref) (result externref)))
  (import "singula/Log" "exp.abandon" (func $Log.exp.abandon (param externref)))
  (import "singula/Log" "imp.abandon" (func $Log.imp.abandon (param externref)))
  (func $main (export "main") (local $s externref) (local $c externref)
    (local.set $s (call $Log.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Log.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Log.exp.abandon (local.get $s)) (return)))
    (call $Log.imp.abandon (local.get $c))
    (call $Log.exp.abandon (local.get $s))))
