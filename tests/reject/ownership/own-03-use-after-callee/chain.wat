;; The helper's helper's helper posts the text
;; expect: OWN_USE_AFTER_MOVE func=12 offset=0x183
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract Log capacity 8 {
;; contract:     in message Line(Text text);
;; contract:     state Open: one { Line? -> Open; end; }
;; contract: }
(module
  (import "singula/Log" "imp.send.Line" (func $Log.imp.send.Line (param externref externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "bytes.set" (func $Text.bytes.set (param externref i32 i32)))
  (import "singula/Log" "channel" (func $Log.channel (result externref)))
  (import "singula/Log" "exp.peer" (func $Log.exp.peer (param externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Log" "imp.abandon" (func $Log.imp.abandon (param externref)))
  (import "singula/Log" "exp.abandon" (func $Log.exp.abandon (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $send (param $l externref) (param $t externref)
    (call $Log.imp.send.Line (local.get $l) (local.get $t)))
  (func $stamped (param $t externref) (param $l externref)
    (call $Text.stamp.set (local.get $t) (i64.const 5))
    (call $send (local.get $l) (local.get $t)))
  (func $note (param $l externref) (param $t externref) (param $n i32)
    (if (local.get $n)
      (then (call $Text.bytes.set (local.get $t) (i32.const 0) (local.get $n))))
    (call $stamped (local.get $t) (local.get $l)))
  (func (export "main") (local $e externref) (local $x externref) (local $a externref)
    (local.set $x (call $Log.channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $Log.exp.peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (call $note (local.get $e) (local.tee $a (call $Text.new (i32.const 4))) (call $choose))
    (call $Text.bytes.set (local.get $a) (i32.const 1) (i32.const 65)) ;; <- refused here
    (call $note (local.get $e) (local.get $a) (i32.const 1))
    (call $Log.imp.abandon (local.get $e))
    (call $Log.exp.abandon (local.get $x)))
)
