;; As the refused case of this name, but the last function returns a copy
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract Log capacity 8 {
;; contract:     in message Line(Text text);
;; contract:     state Open: one { Line? -> Open; end; }
;; contract: }
(module
  (import "singula/Text" "bytes.set" (func $Text.bytes.set (param externref i32 i32)))
  (import "singula/Log" "channel" (func $Log.channel (result externref)))
  (import "singula/Log" "exp.peer" (func $Log.exp.peer (param externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Log" "imp.send.Line" (func $Log.imp.send.Line (param externref externref)))
  (import "singula/Log" "imp.abandon" (func $Log.imp.abandon (param externref)))
  (import "singula/Log" "exp.abandon" (func $Log.exp.abandon (param externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (memory 1)
  (func $c (param $t externref) (result externref) (local $u externref)
    (local.set $u (call $Text.new (call $Text.bytes.len (local.get $t))))
    (local.get $u)
  )
  (func $b (param $t externref) (param $n i32) (result externref)
    (call $Text.bytes.set (local.get $t) (i32.const 0) (local.get $n))
    (call $c (local.get $t)))
  (func $a (param $t externref) (result externref)
    (call $b (local.get $t) (i32.const 33)))
  (func (export "main") (local $e externref) (local $x externref) (local $s externref) (local $t externref)
    (local.set $x (call $Log.channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $Log.exp.peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (local.set $s (call $Text.new (i32.const 4)))
    (local.set $t (call $a (local.get $s)))
    (call $Log.imp.send.Line (local.get $e) (local.get $s))
    (call $Log.imp.send.Line (local.get $e) (local.get $t))
    (call $Log.imp.abandon (local.get $e))
    (call $Log.exp.abandon (local.get $x)))
)
