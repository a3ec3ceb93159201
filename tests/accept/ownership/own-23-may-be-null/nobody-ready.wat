;; As the refused case of this name, but it is tested
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract Mail {
;; contract:     in message Post(Text text);
;; contract:     out message Receipt(i32 number);
;; contract:     out message Return(Text text);
;; contract:     state Ready: one { Post? -> Posted; end; }
;; contract:     state Posted: one { Receipt! -> Ready; Return! -> Ready; }
;; contract: }
(module
  (import "singula/Mail" "set.exp.Ready.new" (func $Mail.set.exp.Ready.new (result externref)))
  (import "singula/Mail" "set.exp.Ready.wait" (func $Mail.set.exp.Ready.wait (param externref i64 i32) (result externref)))
  (import "singula/Mail" "exp.abandon" (func $Mail.exp.abandon (param externref)))
  (import "singula/Mail" "set.exp.Ready.free" (func $Mail.set.exp.Ready.free (param externref)))
  (memory 1)
  (func (export "main") (local $x externref) (local $s externref)
    (local.set $s (call $Mail.set.exp.Ready.new))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $x (call $Mail.set.exp.Ready.wait (local.get $s) (i64.const 0) (i32.const 64)))
    (if (i32.eqz (ref.is_null (local.get $x)))
      (then
      (call $Mail.exp.abandon (local.get $x))))
    (call $Mail.set.exp.Ready.free (local.get $s)))
)
