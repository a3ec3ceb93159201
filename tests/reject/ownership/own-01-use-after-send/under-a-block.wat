;; The reference lies on the operand stack while a block sends the object away
;; expect: OWN_USE_AFTER_MOVE func=9 offset=0x16c
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract Log capacity 8 {
;; contract:     in message Line(Text text);
;; contract:     state Open: one { Line? -> Open; end; }
;; contract: }
(module
  (import "singula/Log" "channel" (func $Log.channel (result externref)))
  (import "singula/Log" "exp.peer" (func $Log.exp.peer (param externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Log" "imp.send.Line" (func $Log.imp.send.Line (param externref externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Log" "imp.abandon" (func $Log.imp.abandon (param externref)))
  (import "singula/Log" "exp.abandon" (func $Log.exp.abandon (param externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $e externref) (local $x externref) (local $a externref) (local $b externref)
    (local.set $x (call $Log.channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $Log.exp.peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (local.set $a (call $Text.new (i32.const 4)))
    (local.set $b (call $Text.new (i32.const 4)))
    local.get $a
    (block $done
      (br_if $done (i32.eqz (call $choose)))
      (call $Log.imp.send.Line (local.get $e) (local.get $a))
      (call $Text.free (local.get $b))
      (call $Log.imp.abandon (local.get $e))
      (call $Log.exp.abandon (local.get $x))
      (return))
    i64.const 9
    call $Text.stamp.set
    (block $done
      (br_if $done (i32.eqz (call $choose)))
      local.get $a
      (call $Log.imp.send.Line (local.get $e) (local.get $a))
      i64.const 3
      call $Text.stamp.set ;; <- refused here
      (call $Text.free (local.get $b))
      (call $Log.imp.abandon (local.get $e))
      (call $Log.exp.abandon (local.get $x))
      (return))
    (call $Text.free (local.get $a))
    (call $Text.free (local.get $b))
    (call $Log.imp.abandon (local.get $e))
    (call $Log.exp.abandon (local.get $x)))
)
