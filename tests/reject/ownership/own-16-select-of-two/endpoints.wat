;; A select between two lines; a text is posted on it
;; expect: OWN_AMBIGUOUS func=7 offset=0x121
;; monitor: - every run posts on a line that may post
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract Log capacity 8 {
;; contract:     in message Line(Text text);
;; contract:     state Open: one { Line? -> Open; end; }
;; contract: }
(module
  (import "singula/Log" "channel" (func $Log.channel (result externref)))
  (import "singula/Log" "exp.peer" (func $Log.exp.peer (param externref) (result externref)))
  (import "singula/Log" "imp.send.Line" (func $Log.imp.send.Line (param externref externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Log" "imp.abandon" (func $Log.imp.abandon (param externref)))
  (import "singula/Log" "exp.abandon" (func $Log.exp.abandon (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $e externref) (local $x externref) (local $f externref) (local $y externref)
    (local.set $x (call $Log.channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $Log.exp.peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (local.set $y (call $Log.channel))
    (if (ref.is_null (local.get $y)) (then (unreachable)))
    (local.set $f (call $Log.exp.peer (local.get $y)))
    (if (ref.is_null (local.get $f)) (then (unreachable)))
    (call $Log.imp.send.Line (select (result externref) (local.get $e) (local.get $f) (call $choose)) (call $Text.new (i32.const 1))) ;; <- refused here
    (call $Log.imp.abandon (local.get $e))
    (call $Log.exp.abandon (local.get $x))
    (call $Log.imp.abandon (local.get $f))
    (call $Log.exp.abandon (local.get $y)))
)
