;; As the refused case of this name, but it does not
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract Log capacity 8 {
;; contract:     in message Line(Text text);
;; contract:     state Open: one { Line? -> Open; end; }
;; contract: }
(module
  (import "singula/Log" "imp.send.Line" (func $Log.imp.send.Line (param externref externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Log" "imp.abandon" (func $Log.imp.abandon (param externref)))
  (import "singula/Log" "channel" (func $Log.channel (result externref)))
  (import "singula/Log" "exp.peer" (func $Log.exp.peer (param externref) (result externref)))
  (import "singula/Log" "exp.abandon" (func $Log.exp.abandon (param externref)))
  (memory 1)
  (func $post (param $e externref)
    (call $Log.imp.send.Line (local.get $e) (call $Text.new (i32.const 4)))
  )
  (func (export "main") (local $e externref) (local $x externref)
    (local.set $x (call $Log.channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $Log.exp.peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (call $post (local.get $e))
    (call $Log.exp.abandon (local.get $x))
    (call $Log.imp.abandon (local.get $e)))
)
