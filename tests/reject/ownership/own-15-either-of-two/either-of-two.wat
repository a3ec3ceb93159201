;; One local, one of two blocks
;; expect: OWN_AMBIGUOUS func=4 offset=0x97
;; monitor: - every run frees both
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
  (import "singula/A" "x.set" (func $set (param externref i32)))
  (import "env" "rnd" (func $rnd (result i32)))
  (memory 1)
  (func $main (export "main") (local $a externref) (local $b externref) (local $c externref) 
  (local.set $a (call $new (i32.const 4))) (local.set $b (call $new (i32.const 4))) (local.set $c (local.get $a)) (if (call $rnd) (then (local.set $c (local.get $b)))) (call $set (local.get $c) (i32.const 1)) (call $free (local.get $a)) (call $free (local.get $b)))
)
