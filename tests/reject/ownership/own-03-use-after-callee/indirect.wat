;; All functions that the table holds consume the text
;; expect: OWN_USE_AFTER_MOVE func=11 offset=0x164
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract Log capacity 8 {
;; contract:     in message Line(Text text);
;; contract:     state Open: one { Line? -> Open; end; }
;; contract: }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Log" "imp.send.Line" (func $Log.imp.send.Line (param externref externref)))
  (import "singula/Log" "channel" (func $Log.channel (result externref)))
  (import "singula/Log" "exp.peer" (func $Log.exp.peer (param externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Log" "imp.abandon" (func $Log.imp.abandon (param externref)))
  (import "singula/Log" "exp.abandon" (func $Log.exp.abandon (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (type $sink (func (param externref externref)))
  (table 3 3 funcref)
  (elem (i32.const 0) $throw_away $log)
  (func $throw_away (type $sink) (param $l externref) (param $t externref)
    (call $Text.free (local.get $t)))
  (func $log (type $sink) (param $l externref) (param $t externref)
    (call $Log.imp.send.Line (local.get $l) (local.get $t)))
  (func (export "main") (local $e externref) (local $x externref) (local $a externref)
    (local.set $x (call $Log.channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $Log.exp.peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (local.set $a (call $Text.new (i32.const 4)))
    (call_indirect (type $sink) (local.get $e) (local.get $a) (call $choose))
    (call $Text.stamp.set (local.get $a) (i64.const 1)) ;; <- refused here
    (call $Log.imp.abandon (local.get $e))
    (call $Log.exp.abandon (local.get $x)))
)
