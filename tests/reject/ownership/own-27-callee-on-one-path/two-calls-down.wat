;; It happens two calls further down
;; expect: OWN_LEAK func=8 offset=0x120
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract Log capacity 8 {
;; contract:     in message Line(Text text);
;; contract:     state Open: one { Line? -> Open; end; }
;; contract: }
(module
  (import "singula/Log" "imp.send.Line" (func $Log.imp.send.Line (param externref externref)))
  (import "singula/Text" "bytes.set" (func $Text.bytes.set (param externref i32 i32)))
  (import "singula/Log" "channel" (func $Log.channel (result externref)))
  (import "singula/Log" "exp.peer" (func $Log.exp.peer (param externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Log" "imp.abandon" (func $Log.imp.abandon (param externref)))
  (import "singula/Log" "exp.abandon" (func $Log.exp.abandon (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $try (param $e externref) (param $t externref) (result i32)
    (if (i32.eqz (call $choose))
      (then
        (return (i32.const 0))))
    (call $Log.imp.send.Line (local.get $e) (local.get $t))
    (i32.const 1)
    ;; refused here: at the end
  )
  (func $deliver (param $t externref) (param $e externref) (param $n i32)
    (call $Text.bytes.set (local.get $t) (i32.const 0) (local.get $n))
    (drop (call $try (local.get $e) (local.get $t))))
  (func (export "main") (local $e externref) (local $x externref)
    (local.set $x (call $Log.channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $Log.exp.peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (call $deliver (call $Text.new (i32.const 4)) (local.get $e) (i32.const 4))
    (call $Log.imp.abandon (local.get $e))
    (call $Log.exp.abandon (local.get $x)))
)
