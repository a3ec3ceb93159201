;; A number that is a tag on one path and something else on the other
;; expect: OWN_SPLIT func=7 offset=0x10f
;; monitor: MON_DEAD
;; contract: block A { x: i32; kid: A; data: u8[]; }
;; contract: block B { must: A!; y: i32; }
;; contract: contract P {
;; contract:   in message Ask(A a);
;; contract:   in message More(B b);
;; contract:   out message Yes(A a);
;; contract:   out message No(i32 why);
;; contract:   state Start: one { Ask? -> Asked; end; }
;; contract:   state Asked: one { Yes! -> Start; No! -> Again; }
;; contract:   state Again: More? -> Start;
;; contract: }
(module
  (import "singula/A" "new" (func $new (param i32) (result externref)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "singula/P" "imp.connect" (func $connect (param i32 i32) (result externref)))
  (import "singula/P" "imp.send.Ask" (func $ask (param externref externref)))
  (import "singula/P" "imp.next" (func $next (param externref) (result i32)))
  (import "singula/P" "imp.abandon" (func $abandon (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $main (export "main") (local $e externref) (local $b externref) (local $t i32)
    (if (call $choose)
      (then
        (local.set $e (call $connect (i32.const 0) (i32.const 0)))
        (if (ref.is_null (local.get $e)) (then (return)))
        (call $ask (local.get $e) (call $new (i32.const 0)))
        (local.set $t (call $next (local.get $e))))
      (else (local.set $t (i32.const 1))))
    (local.set $b (call $new (i32.const 0)))
    (if (i32.eq (local.get $t) (i32.const 1)) (then (call $free (local.get $b))))
    (call $free (local.get $b))
    (if (i32.eqz (ref.is_null (local.get $e))) (then (call $abandon (local.get $e)))))
)
