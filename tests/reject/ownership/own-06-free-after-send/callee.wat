;; A helper that sends, a helper that frees
;; expect: OWN_USE_AFTER_MOVE func=9 offset=0x11b
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract Log capacity 8 {
;; contract:     in message Line(Text text);
;; contract:     state Open: one { Line? -> Open; end; }
;; contract: }
(module
  (import "singula/Log" "imp.send.Line" (func $Log.imp.send.Line (param externref externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Log" "channel" (func $Log.channel (result externref)))
  (import "singula/Log" "exp.peer" (func $Log.exp.peer (param externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Log" "imp.abandon" (func $Log.imp.abandon (param externref)))
  (import "singula/Log" "exp.abandon" (func $Log.exp.abandon (param externref)))
  (memory 1)
  (func $give (param $l externref) (param $t externref)
    (call $Log.imp.send.Line (local.get $l) (local.get $t)))
  (func $dispose (param $n i32) (param $t externref)
    (if (local.get $n) (then (call $Text.stamp.set (local.get $t) (i64.const 0)))) ;; <- refused here
    (call $Text.free (local.get $t)))
  (func (export "main") (local $e externref) (local $x externref) (local $a externref)
    (local.set $x (call $Log.channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $Log.exp.peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (local.set $a (call $Text.new (i32.const 4)))
    (call $give (local.get $e) (local.get $a))
    (call $dispose (i32.const 0) (local.get $a))
    (call $Log.imp.abandon (local.get $e))
    (call $Log.exp.abandon (local.get $x)))
)
