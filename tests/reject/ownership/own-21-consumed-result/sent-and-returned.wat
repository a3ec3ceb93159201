;; A helper sends a text and returns it for the caller to stamp
;; expect: OWN_USE_AFTER_MOVE func=8 offset=0x129
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract Log capacity 8 {
;; contract:     in message Line(Text text);
;; contract:     state Open: one { Line? -> Open; end; }
;; contract: }
(module
  (import "singula/Log" "imp.send.Line" (func $Log.imp.send.Line (param externref externref)))
  (import "singula/Log" "channel" (func $Log.channel (result externref)))
  (import "singula/Log" "exp.peer" (func $Log.exp.peer (param externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Log" "imp.abandon" (func $Log.imp.abandon (param externref)))
  (import "singula/Log" "exp.abandon" (func $Log.exp.abandon (param externref)))
  (memory 1)
  (func $post (param $e externref) (param $t externref) (result externref)
    (call $Log.imp.send.Line (local.get $e) (local.get $t))
    (local.get $t)
  )
  (func (export "main") (local $e externref) (local $x externref) (local $t externref)
    (local.set $x (call $Log.channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $Log.exp.peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (local.set $t (call $post (local.get $e) (call $Text.new (i32.const 4))))
    (call $Text.stamp.set (local.get $t) (i64.const 1)) ;; <- refused here
    (call $Log.imp.abandon (local.get $e))
    (call $Log.exp.abandon (local.get $x)))
)
