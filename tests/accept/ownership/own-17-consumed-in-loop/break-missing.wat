;; As the refused case of this name, but the loop is left
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
  (import "singula/Log" "imp.send.Line" (func $Log.imp.send.Line (param externref externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Log" "imp.abandon" (func $Log.imp.abandon (param externref)))
  (import "singula/Log" "exp.abandon" (func $Log.exp.abandon (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $e externref) (local $x externref) (local $a externref) (local $i i32)
    (local.set $x (call $Log.channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $Log.exp.peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (local.set $a (call $Text.new (i32.const 4)))
    (block $done
      (block $end
        (loop $search
          (br_if $end (i32.ge_u (local.get $i) (i32.const 4)))
          (if (call $choose)
            (then
              (call $Log.imp.send.Line (local.get $e) (local.get $a))
              (br $done)
            ))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $search)))
      (call $Text.free (local.get $a)))
    (call $Log.imp.abandon (local.get $e))
    (call $Log.exp.abandon (local.get $x)))
)
