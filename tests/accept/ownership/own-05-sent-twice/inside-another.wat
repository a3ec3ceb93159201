;; As the refused case of this name, but it is taken out again
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract Log capacity 8 {
;; contract:     in message Line(Text text);
;; contract:     state Open: one { Line? -> Open; end; }
;; contract: }
;; contract: block Letter { stamp: i64; text: Text!; cover: Text; }
(module
  (import "singula/Log" "channel" (func $Log.channel (result externref)))
  (import "singula/Log" "exp.peer" (func $Log.exp.peer (param externref) (result externref)))
  (import "singula/Letter" "new" (func $Letter.new (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Letter" "text.put" (func $Letter.text.put (param externref externref)))
  (import "singula/Log" "imp.send.Line" (func $Log.imp.send.Line (param externref externref)))
  (import "singula/Letter" "free" (func $Letter.free (param externref)))
  (import "singula/Log" "imp.abandon" (func $Log.imp.abandon (param externref)))
  (import "singula/Log" "exp.abandon" (func $Log.exp.abandon (param externref)))
  (import "singula/Letter" "text.take" (func $Letter.text.take (param externref) (result externref)))
  (memory 1)
  (func (export "main") (local $e externref) (local $x externref) (local $l externref) (local $a externref)
    (local.set $x (call $Log.channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $Log.exp.peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (local.set $l (call $Letter.new))
    (local.set $a (call $Text.new (i32.const 4)))
    (call $Letter.text.put (local.get $l) (local.get $a))
    (local.set $a (call $Letter.text.take (local.get $l)))
    (call $Log.imp.send.Line (local.get $e) (local.get $a))
    (call $Letter.free (local.get $l))
    (call $Log.imp.abandon (local.get $e))
    (call $Log.exp.abandon (local.get $x)))
)
