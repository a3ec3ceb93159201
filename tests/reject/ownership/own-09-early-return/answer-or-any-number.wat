;; A number is an answer on one path, on the other anything; the function returns where no answer is that
;; expect: OWN_LEAK func=6 offset=0xef
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract Bell capacity 4 {
;; contract:   in message Ring();
;; contract:   in message Knock();
;; contract:   state Door: one { Ring? -> Door; Knock? -> Door; end; }
;; contract: }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Bell" "channel" (func $Bell.channel (result externref)))
  (import "singula/Bell" "exp.poll" (func $Bell.exp.poll (param externref) (result i32)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Bell" "exp.abandon" (func $Bell.exp.abandon (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $s externref) (local $t i32)
    (local.set $a (call $Text.new (i32.const 4)))
    (if (call $choose)
      (then
        (local.set $s (call $Bell.channel))
        (if (ref.is_null (local.get $s)) (then (unreachable)))
        (local.set $t (call $Bell.exp.poll (local.get $s))))
      (else (local.set $t (i32.mul (call $choose) (i32.const 5)))))
    (if (i32.ge_u (i32.add (local.get $t) (i32.const 2)) (i32.const 4)) (then (return))) ;; <- refused here
    (call $Text.free (local.get $a))
    (if (i32.eqz (ref.is_null (local.get $s))) (then (call $Bell.exp.abandon (local.get $s)))))
)
