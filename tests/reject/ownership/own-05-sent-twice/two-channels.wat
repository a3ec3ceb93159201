;; Broadcast: the same text to two logs
;; expect: OWN_USE_AFTER_MOVE func=7 offset=0x112
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract Log capacity 8 {
;; contract:     in message Line(Text text);
;; contract:     state Open: one { Line? -> Open; end; }
;; contract: }
(module
  (import "singula/Log" "channel" (func $Log.channel (result externref)))
  (import "singula/Log" "exp.peer" (func $Log.exp.peer (param externref) (result externref)))
  (import "singula/Log" "imp.send.Line" (func $Log.imp.send.Line (param externref externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Log" "imp.abandon" (func $Log.imp.abandon (param externref)))
  (import "singula/Log" "exp.abandon" (func $Log.exp.abandon (param externref)))
  (memory 1)
  (func $open (result externref) (local $x externref)
    (local.set $x (call $Log.channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.get $x))
  (func (export "main") (local $e externref) (local $x externref) (local $f externref) (local $y externref) (local $a externref)
    (local.set $x (call $open))
    (if (ref.is_null (local.tee $e (call $Log.exp.peer (local.get $x)))) (then (unreachable)))
    (local.set $y (call $open))
    (if (ref.is_null (local.tee $f (call $Log.exp.peer (local.get $y)))) (then (unreachable)))
    (call $Log.imp.send.Line (local.get $e) (local.tee $a (call $Text.new (i32.const 4))))
    (call $Log.imp.send.Line (local.get $f) (local.get $a)) ;; <- refused here
    (call $Log.imp.abandon (local.get $e))
    (call $Log.exp.abandon (local.get $x))
    (call $Log.imp.abandon (local.get $f))
    (call $Log.exp.abandon (local.get $y)))
)
