;; As the refused case of this name, but both ends are abandoned
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract Log capacity 8 {
;; contract:     in message Line(Text text);
;; contract:     state Open: one { Line? -> Open; end; }
;; contract: }
(module
  (import "singula/Log" "channel" (func $Log.channel (result externref)))
  (import "singula/Log" "exp.peer" (func $Log.exp.peer (param externref) (result externref)))
  (import "singula/Log" "exp.abandon" (func $Log.exp.abandon (param externref)))
  (import "singula/Log" "imp.abandon" (func $Log.imp.abandon (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $x externref) (local $e externref)
    (loop $again
      (local.set $x (call $Log.channel))
      (if (i32.eqz (ref.is_null (local.get $x)))
        (then
          (local.set $e (call $Log.exp.peer (local.get $x)))
          (if (i32.eqz (ref.is_null (local.get $e))) (then (call $Log.imp.abandon (local.get $e))))
          (call $Log.exp.abandon (local.get $x))))
      (br_if $again (call $choose))))
)
