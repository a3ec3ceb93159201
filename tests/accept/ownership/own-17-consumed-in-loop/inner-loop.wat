;; As the refused case of this name, but the outer one makes a text for each round
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract Log capacity 8 {
;; contract:     in message Line(Text text);
;; contract:     state Open: one { Line? -> Open; end; }
;; contract: }
(module
  (import "singula/Log" "channel" (func $Log.channel (result externref)))
  (import "singula/Log" "exp.peer" (func $Log.exp.peer (param externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "bytes.set" (func $Text.bytes.set (param externref i32 i32)))
  (import "singula/Log" "imp.send.Line" (func $Log.imp.send.Line (param externref externref)))
  (import "singula/Log" "imp.abandon" (func $Log.imp.abandon (param externref)))
  (import "singula/Log" "exp.abandon" (func $Log.exp.abandon (param externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Log" "exp.recv.Line" (func $Log.exp.recv.Line (param externref) (result externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $e externref) (local $x externref) (local $a externref) (local $i i32)
    (local.set $x (call $Log.channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $Log.exp.peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (loop $outer
      (local.set $a (call $Text.new (i32.const 4)))
      (local.set $i (i32.const 0))
      (loop $inner
        (call $Text.bytes.set (local.get $a) (local.get $i) (i32.const 46))
        (br_if $inner (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4))))
      (call $Log.imp.send.Line (local.get $e) (local.get $a))
      (call $Text.free (call $Log.exp.recv.Line (local.get $x)))
      (br_if $outer (call $choose)))
    (call $Log.imp.abandon (local.get $e))
    (call $Log.exp.abandon (local.get $x)))
)
