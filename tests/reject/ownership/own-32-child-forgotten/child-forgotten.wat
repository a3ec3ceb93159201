;; A child is taken out and dropped
;; expect: OWN_LEAK func=3 offset=0x79
;; monitor: - there is no child in a fresh block
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
  (func $main (export "main") (local $a externref) 
  (local.set $a (call $new (i32.const 4))) (drop (call $take (local.get $a))) (call $free (local.get $a)))
)
