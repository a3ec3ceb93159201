;; A list is walked and freed
;; expect: OK
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
  (import "singula/A" "kid.take" (func $take (param externref) (result externref)))
  (memory 1)
  (func $main (export "main") (local $a externref) (local $b externref) 
  (local.set $a (call $new (i32.const 4))) (block (loop (br_if 1 (ref.is_null (local.get $a))) (local.set $b (call $take (local.get $a))) (call $free (local.get $a)) (local.set $a (local.get $b)) (br 0))))
)
