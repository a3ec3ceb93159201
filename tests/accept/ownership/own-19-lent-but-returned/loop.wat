;; As the refused case of this name, but the helper returns a new one
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract Log capacity 8 {
;; contract:     in message Line(Text text);
;; contract:     state Open: one { Line? -> Open; end; }
;; contract: }
(module
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "stamp.get" (func $Text.stamp.get (param externref) (result i64)))
  (import "singula/Log" "channel" (func $Log.channel (result externref)))
  (import "singula/Log" "exp.peer" (func $Log.exp.peer (param externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Log" "imp.send.Line" (func $Log.imp.send.Line (param externref externref)))
  (import "singula/Log" "imp.abandon" (func $Log.imp.abandon (param externref)))
  (import "singula/Log" "exp.abandon" (func $Log.exp.abandon (param externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func $next (param $t externref) (result externref)
    (call $Text.stamp.set (local.get $t) (i64.add (call $Text.stamp.get (local.get $t)) (i64.const 1)))
    (call $Text.new (i32.const 4))
  )
  (func (export "main") (local $e externref) (local $x externref) (local $seed externref) (local $i i32)
    (local.set $x (call $Log.channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $Log.exp.peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (local.set $seed (call $Text.new (i32.const 4)))
    (loop $again
      (call $Log.imp.send.Line (local.get $e) (call $next (local.get $seed)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))
    (call $Text.free (local.get $seed))
    (call $Log.imp.abandon (local.get $e))
    (call $Log.exp.abandon (local.get $x)))
)
